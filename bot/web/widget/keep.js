// What outlives a page: the visitor's token and the conversation, in the page's own storage. Knows nothing of the
// screen or the wire. Where storage is closed (private windows, strict settings) it lasts as long as the page.

const KEPT_DAYS = 30;
const KEPT_LINES = 60;

class Keep {
  #name;
  #spare = new Map();

  // `name` tells widgets of different servers and sites apart.
  constructor(name) {
    this.#name = name;
  }

  // The conversation of one person: '' is the anonymous visitor.
  load(who) {
    const kept = this.#read(`talk:${who}`);
    const fresh = kept && Date.now() - kept.at < KEPT_DAYS * 864e5;
    return fresh ? kept : { conversation: null, lines: [], pending: null, at: 0 };
  }

  save(who, talk) {
    talk.at = Date.now();
    talk.lines = talk.lines.slice(-KEPT_LINES);
    this.#write(`talk:${who}`, talk);
  }

  forget(who) {
    this.#write(`talk:${who}`, null);
  }

  get visitor() {
    return this.#read('visitor');
  }

  set visitor(token) {
    this.#write('visitor', token);
  }

  // Whether the panel stood open, for this tab alone.
  get open() {
    return this.#read('open', 'sessionStorage') === true;
  }

  set open(open) {
    this.#write('open', open, 'sessionStorage');
  }

  #key(what) {
    return `almanac:${this.#name}:${what}`;
  }

  #read(what, area = 'localStorage') {
    const key = this.#key(what);
    try {
      return JSON.parse(window[area].getItem(key));
    } catch {
      return this.#spare.get(key) ?? null;
    }
  }

  #write(what, value, area = 'localStorage') {
    const key = this.#key(what);
    this.#spare.set(key, value);
    try {
      if (value === null) window[area].removeItem(key);
      else window[area].setItem(key, JSON.stringify(value));
    } catch {
      // closed or full: the spare copy serves this page
    }
  }
}
