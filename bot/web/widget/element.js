// <almanac-chat>: the element, its JavaScript interface, and the script tag that places one on a page.

const SCRIPT = document.currentScript;
const BASE = new URL('.', SCRIPT.src);
const LANGUAGE = SCRIPT.dataset.lang || document.documentElement.lang || navigator.language || 'en';
const RESUME_MS = 50_000; // a turn that a page left behind can be read again for so long

// A message with a key of its own: the server answers the same key once.
function turnOf(text) {
  const random = crypto.getRandomValues(new Uint32Array(4));
  return { text, turn: [...random].map((one) => one.toString(36)).join('-'), at: Date.now() };
}

class AlmanacChat extends HTMLElement {
  #root = this.attachShadow({ mode: 'open' });
  #token = null; // a known customer's
  #context = {};
  #busy = false;
  #catalog = null;
  #begun = null;
  #built = null;

  connectedCallback() {
    if (this.#built) return;
    for (const [name, value] of Object.entries(SCRIPT.dataset)) {
      const attribute = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      if (!this.hasAttribute(attribute)) this.setAttribute(attribute, value);
    }
    this.#root.adoptedStyleSheets = [SHEET];
    const site = this.#set('site') ?? '';
    this.wire = new Wire(BASE, site);
    this.keep = new Keep(`${BASE.host}:${site}:${this.#set('catalog') ?? ''}`);
    this.#token = this.#set('customer');
    this.removeAttribute('customer');
    this.talk = this.keep.load(this.#who);
    this.#build();
    if (!this.floating || this.keep.open || this.hasAttribute('open')) this.#show(false);
  }

  // The JavaScript interface

  // Open the panel and put the cursor into it.
  open() {
    this.#show(true);
  }

  // Close the panel; the cursor goes back to the button that opened it.
  close() {
    if (!this.floating || !this.opened) return;
    this.toggleAttribute('opened', false);
    this.#built.panel.hidden = true;
    this.#built.launcher.setAttribute('aria-expanded', 'false');
    this.#built.launcher.focus();
    this.keep.open = false;
  }

  // Ask, as if the visitor had typed it; resolves when the answer stands.
  async send(text) {
    this.#show(false);
    await this.#ask(String(text));
  }

  // Say who the visitor is, by a token that the site's server signed; null when they have signed out.
  async identify(token) {
    const before = this.#who;
    const carried = this.talk;
    this.#token = token || null;
    if (this.#who === before) return;
    this.talk = this.keep.load(this.#who);
    if (!before && !this.talk.lines.length) {
      // what was said before signing in goes on, as history of a conversation of their own
      this.talk = { ...carried, conversation: null, pending: null };
      this.keep.save(this.#who, this.talk);
    }
    this.keep.forget(before);
    this.#draw();
  }

  // Tell what the visitor has before them: `page` (an item's id), `cart` (ids), `place` (an id).
  setContext({ page, cart, place } = {}) {
    this.#context = JSON.parse(JSON.stringify({ page, cart, place }));
  }

  // Take the widget off the page.
  destroy() {
    this.remove();
  }

  #set(name) {
    return this.getAttribute(name);
  }

  get floating() {
    return this.hasAttribute('floating');
  }

  get opened() {
    return this.hasAttribute('opened');
  }

  // What is on the screen

  #build() {
    const title = this.#set('heading') || WORDS.title;
    const dir = RIGHT_TO_LEFT.test(LANGUAGE) ? 'rtl' : 'ltr';
    const built = (this.#built = {});
    built.sub = h('p', { hidden: true });
    built.log = h('div', { class: 'log', role: 'log', tabindex: '0', 'aria-live': 'polite', 'aria-label': WORDS.log });
    built.notice = h('div', { class: 'notice', role: 'status', hidden: true });
    built.input = h('textarea', {
      rows: '1', maxlength: '4000', 'aria-label': WORDS.message, enterkeyhint: 'send',
      placeholder: this.#set('placeholder') || WORDS.placeholder,
      oninput: () => this.#ready(),
      onkeydown: (event) => {
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.#submit();
      },
    });
    built.send = h('button', { class: 'send', 'aria-label': WORDS.send, 'aria-disabled': 'true' }, icon('send'));
    built.panel = h(
      'section',
      {
        id: 'panel', class: 'panel', part: 'panel', role: this.floating ? 'dialog' : 'region', 'aria-label': title, dir,
        hidden: this.floating,
        onkeydown: (event) => event.key === 'Escape' && this.close(),
      },
      h(
        'header', null, mark(), h('div', null, h('h2', null, title), built.sub),
        plain('again', WORDS.again, () => this.#restart()),
        this.floating && plain('close', WORDS.close, () => this.close()),
      ),
      built.log,
      built.notice,
      h('form', { onsubmit: (event) => (event.preventDefault(), this.#busy ? this.#halt() : this.#submit()) }, built.input, built.send),
    );
    built.dot = h('span', { class: 'dot', hidden: true }, h('span', { class: 'hush' }, WORDS.unread));
    built.launcher = h(
      'button',
      {
        type: 'button', class: 'launcher', part: 'launcher', 'aria-expanded': 'false', 'aria-controls': 'panel',
        'aria-haspopup': 'dialog', onclick: () => (this.opened ? this.close() : this.open()),
        'aria-label': `${title}: ${WORDS.open}`,
      },
      icon('chat'),
      built.dot,
    );
    this.#root.append(built.panel, ...(this.floating ? [built.launcher] : []));
  }

  #show(focus) {
    const { panel, launcher, input, dot, log } = this.#built;
    if (!this.opened) {
      this.toggleAttribute('opened', true);
      panel.hidden = false;
      dot.hidden = true;
      launcher.setAttribute('aria-expanded', 'true');
      if (this.floating) this.keep.open = true;
      if (!log.firstChild) this.#draw();
      this.#begin().catch(() => {});
      this.#tell('open', {});
    }
    if (focus) input.focus();
  }

  // Draw the whole conversation anew.
  #draw() {
    const { log } = this.#built;
    const { lines } = this.talk;
    const drawn = lines.flatMap((line, place) =>
      line.role === 'user' ? [mine(line.text)] : told(line, this.#acts, place === lines.length - 1),
    );
    log.replaceChildren(...(drawn.length ? drawn : [this.#hello()]));
    const last = [...log.querySelectorAll('.mine')].pop();
    if (last) log.scrollTop = last.offsetTop - 12;
  }

  #hello() {
    const greeting = this.#set('greeting') || WORDS.greeting;
    const examples = this.#catalog?.examples ?? [];
    return h('div', { class: 'hello' }, h('strong', null, greeting), h('p', null, WORDS.lead), chips(examples, this.#acts.say));
  }

  #reload() {
    this.talk = this.keep.load(this.#who);
    this.#draw();
  }

  #restart() {
    if (this.#busy) return;
    this.keep.forget(this.#who);
    this.#note(null);
    this.#reload();
    this.#built.input.focus();
  }

  #ready() {
    const { input, send } = this.#built;
    const does = this.#busy ? 'stop' : 'send';
    send.setAttribute('aria-disabled', String(!this.#busy && !input.value.trim()));
    if (send.ariaLabel === WORDS[does]) return;
    send.ariaLabel = WORDS[does];
    send.replaceChildren(icon(does));
  }

  // Show one line above the input; `retry` puts a button beside it.
  #note(text, { bad = true, retry } = {}) {
    const { notice } = this.#built;
    notice.classList.toggle('bad', bad);
    notice.replaceChildren(
      h('p', null, text ?? ''),
      ...(retry ? [h('button', { type: 'button', class: 'chip', onclick: retry }, WORDS.retry)] : []),
    );
    notice.hidden = text === null;
  }

  // Who asks, and over which line

  // '' for the anonymous visitor, else the part of the customer's token that names them.
  get #who() {
    return this.#token?.split('.').slice(0, 3).join('.') ?? '';
  }

  // Begin once; after a failure, once more when it is asked for.
  #begin() {
    return (this.#begun ??= this.#meet());
  }

  // Fetch the visitor's token and what the catalogue says of itself; a token that no longer counts is let go.
  async #meet() {
    const catalog = this.#set('catalog');
    try {
      const proof = this.#token ?? this.keep.visitor;
      const reply = await this.wire.post('api/session', { catalog }, proof).catch((fault) => {
        if (fault.status !== 401) throw fault;
        if (this.#token) this.#fail(fault.code, fault.message);
        this.#token = this.keep.visitor = null;
        return this.wire.post('api/session', { catalog }, null);
      });
      const session = await reply.json();
      if (session.visitor) this.keep.visitor = session.visitor;
      this.#catalog = session;
      const day = new Intl.DateTimeFormat(LANGUAGE, { month: 'short', year: 'numeric' });
      const [from, to] = [session.data_from, session.data_to].map((at) => at && day.format(new Date(at)));
      this.#built.sub.textContent = from ? fill(WORDS.data, { from, to }) : session.title;
      this.#built.sub.hidden = false;
      if (!this.talk.lines.length) this.#draw();
      if (!this.#busy) this.#resume();
    } catch (fault) {
      this.#begun = null;
      if (!this.#busy) {
        this.#note(WORDS.unreachable, { retry: () => (this.#note(null), this.#begin().catch(() => {})) });
        this.#fail(fault.code ?? 'unreachable', fault.message);
      }
      throw fault;
    }
  }

  // Take up the answer that the page before was waiting for.
  #resume() {
    const { pending } = this.talk;
    if (pending && Date.now() - pending.at < RESUME_MS) this.#answer(pending);
    else if (pending) this.#note(WORDS.failed, { retry: () => this.#again() });
  }

  #submit() {
    const { input } = this.#built;
    const text = input.value.trim();
    if (!text || this.#busy) return;
    input.value = '';
    this.#ask(text);
  }

  // Stop the answer that is being written; what stands of it stays.
  #halt() {
    this.wire.halt();
    this.#report('api/stop', { turn: this.talk.pending.turn });
  }

  async #ask(text) {
    if (this.#busy || !text.trim()) return;
    this.talk.lines.push({ role: 'user', text });
    this.#draw();
    this.#tell('message', { role: 'user', text });
    await this.#answer(turnOf(text));
  }

  #again() {
    this.#answer(turnOf(this.talk.pending.text));
  }

  // Ask and show the answer as it comes; `pending` outlives the page until the answer stands.
  async #answer(pending) {
    const { log } = this.#built;
    this.#busy = true;
    this.#ready();
    this.talk.pending = pending;
    this.keep.save(this.#who, this.talk);
    this.#note(navigator.onLine ? null : WORDS.offline, { bad: false });
    log.setAttribute('aria-busy', 'true');
    const live = { step: step(WORDS.working), text: h('p', { class: 'told', dir: 'auto' }), facts: [] };
    log.append(live.step);
    try {
      await this.#begin();
      for await (const event of this.wire.turn(this.#body(pending), this.#token ?? this.keep.visitor, (waiting) => {
        this.#note(waiting ? (navigator.onLine ? WORDS.reconnecting : WORDS.offline) : null, { bad: false });
      })) this.#take(event, live);
      if (this.wire.halted && this.talk.pending) this.#said(live.text.textContent || WORDS.stopped);
    } catch (fault) {
      this.#broken(fault, pending);
    } finally {
      this.#busy = false;
      this.#ready();
      live.step.remove();
      live.text.remove();
      log.removeAttribute('aria-busy');
      this.keep.save(this.#who, this.talk);
      if (!this.talk.pending) this.#draw();
    }
  }

  #body({ text, turn }) {
    const { conversation, lines } = this.talk;
    const history = lines.slice(0, -1).slice(-20).map(({ role, text: content }) => ({ role: role === 'user' ? role : 'assistant', content }));
    const page = this.#set('page') ?? undefined;
    const place = this.#set('place') ?? undefined;
    return {
      message: text, turn, conversation, history: conversation ? [] : history,
      catalog: this.#set('catalog'), context: { page, place, ...this.#context },
    };
  }

  // Show one event of the running turn.
  #take(event, live) {
    const { log } = this.#built;
    if (event.type === 'tool_call') live.step.lastChild.textContent = WORDS[event.call.tool] ?? WORDS.working;
    if (event.type === 'token') {
      if (!live.text.isConnected) live.step.replaceWith(live.text);
      live.text.append(event.text);
      const asked = [...log.querySelectorAll('.mine')].pop();
      log.scrollTop = Math.min(log.scrollHeight, asked ? asked.offsetTop - 12 : log.scrollHeight);
    }
    if (event.type === 'error') throw new Problem(500, { detail: event.message, type: 'turn-failed' });
    if (event.type === 'done') this.#done(event);
  }

  #done({ answer, conversation }) {
    const items = answer.items.slice(0, 6).map(({ id, title, category, year }) => {
      const facts = answer.evidence.filter((one) => one.items[0] === id && one.kind !== 'notice');
      return { id, title, category: category ?? '', year, facts: [...new Set(facts.map((one) => one.text))].slice(0, 3) };
    });
    const first = items[0]?.title;
    const asked = new Set(this.talk.lines.map((line) => line.text));
    const next = first ? [fill(WORDS.why, { title: first }), fill(WORDS.more, { title: first })] : [];
    next.push(...(this.#catalog?.examples ?? []).slice(0, first ? 1 : 2));
    this.#said(answer.answer, items, next.filter((text) => !asked.has(text)), (answer.charts ?? []).slice(0, 2));
    this.talk.conversation = conversation;
    this.#built.dot.hidden = this.opened;
    this.#tell('message', { role: 'assistant', text: answer.answer });
    if (items.length) this.#tell('recommend', { items: items.map(({ id, title }) => ({ id, title })) });
  }

  #said(text, items = [], next = [], charts = []) {
    this.talk.lines.push({ role: 'bot', text, items, next, charts, verdicts: {}, helpful: null });
    this.talk.pending = null;
  }

  // Say what went wrong, and what can be done about it.
  #broken(fault, pending) {
    if (fault.code === 'conversation-unknown') this.talk.conversation = null;
    if (fault.status === 401) this.#begun = null; // the token is let go where the next session is asked for
    const said = fault.status === 429 ? fill(WORDS.limited, { seconds: fault.after || 10 })
      : fault instanceof Problem ? `${WORDS.failed} ${fault.message}` : navigator.onLine ? WORDS.unreachable : WORDS.offline;
    this.talk.pending = pending;
    this.#note(said, { retry: () => this.#again() });
    this.#fail(fault.code ?? 'unreachable', fault.message);
  }

  // What people do with an answer

  #acts = {
    say: (text) => this.#ask(text),
    link: ({ id, title }) => {
      const template = this.#set('item-url') || this.#catalog?.item_url;
      if (!template) return null;
      const filled = template.replaceAll('{id}', encodeURIComponent(id)).replaceAll('{title}', encodeURIComponent(title));
      const url = new URL(filled, document.baseURI);
      return /^https?:$/.test(url.protocol) ? url.href : null;
    },
    click: (event, { id, title }, url) => {
      if (!this.#tell('click', { id, title, url })) event.preventDefault();
      if (this.#catalog?.events) this.#report('api/events', { events: [{ kind: 'click', item: id }] });
    },
    rate: (line, { id, title }, verdict) => {
      line.verdicts[id] = verdict;
      this.keep.save(this.#who, this.talk);
      this.#report('api/rate_item', { item: id, verdict });
      this.#tell('feedback', { id, title, verdict });
    },
    judge: (line, helpful) => {
      line.helpful = helpful;
      this.keep.save(this.#who, this.talk);
      this.#report('api/feedback', { helpful: helpful === 'yes' });
      this.#tell('feedback', { helpful: helpful === 'yes' });
    },
  };

  // Send what a person did; the page may be left meanwhile.
  async #report(path, body) {
    const catalog = this.#set('catalog');
    try {
      await this.wire.post(catalog ? `${path}?catalog=${encodeURIComponent(catalog)}` : path, body, this.#token ?? this.keep.visitor, { keepalive: true });
    } catch (fault) {
      this.#note(fault instanceof Problem ? fault.message : WORDS.unreachable);
      this.#fail(fault.code ?? 'unreachable', fault.message);
    }
  }

  #tell(name, detail) {
    return this.dispatchEvent(new CustomEvent(`almanac:${name}`, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  #fail(code, message) {
    this.#tell('error', { code, message });
  }
}

// The script tag places the bubble, unless told not to; calls that the page queued in `almanac` are made then.
async function start() {
  await speak(LANGUAGE);
  customElements.define('almanac-chat', AlmanacChat);
  const off = SCRIPT.dataset.bubble === 'off';
  const chat = off ? document.querySelector('almanac-chat') : h('almanac-chat', { floating: true });
  if (!off) document.body.append(chat);
  const queued = Array.isArray(window.almanac) ? window.almanac : [];
  window.almanac = chat;
  for (const [method, ...given] of queued) chat[method](...given);
  document.dispatchEvent(new CustomEvent('almanac:ready', { detail: chat }));
}

if (document.body) start();
else addEventListener('DOMContentLoaded', start, { once: true });
