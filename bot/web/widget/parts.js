// The pieces of the conversation as elements. Knows markup; it is told what to show and whom to call. Text from the
// server or the page only ever becomes text nodes, and no attribute carries style: a strict policy allows all of it.

function h(tag, props, ...children) {
  const svg = ['svg', 'path', 'rect', 'title'].includes(tag);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

const PATHS = {
  chat: ['M4 17.5V6.8A2.8 2.8 0 0 1 6.8 4h10.4A2.8 2.8 0 0 1 20 6.8v6.4a2.8 2.8 0 0 1-2.8 2.8H9z', 'M8.5 8.7h7M8.5 11.8h4.5'],
  close: ['M6 6l12 12M18 6L6 18'],
  again: ['M19.5 12a7.5 7.5 0 1 1-2.3-5.4L19.5 9', 'M19.5 4.5V9H15'],
  send: ['M5 12h13M12.5 6.5L18 12l-5.5 5.5'],
  stop: ['M7.5 7.5h9v9h-9z'],
  like: ['M7.5 11v8.5H5.2A1.2 1.2 0 0 1 4 18.3v-6.1A1.2 1.2 0 0 1 5.2 11z', 'M7.5 11l3.6-6.8a2 2 0 0 1 2.4 2.4L12.8 9.7h5a2 2 0 0 1 2 2.4l-1.1 5.8a2 2 0 0 1-2 1.6H7.5'],
};

function icon(name) {
  return h('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, ...PATHS[name].map((d) => h('path', { d })));
}

// Almanac's mark: a sun on the horizon.
function mark() {
  const part = (d, stroke, fill = 'none') => h('path', { d, stroke, fill });
  return h(
    'svg',
    { viewBox: '0 0 32 32', class: 'mark', 'aria-hidden': 'true' },
    part('M0 0h32v32H0z', 'none', '#1f4e5f'),
    part('M4 21.5h24M9.5 25.8h13', '#f6f1e7'),
    part('M8.5 20.500a7.5 7.5 0 0 1 15 0z', 'none', '#e0a33c'),
    part('M16 6.2v3.4M6.9 10.4l2.4 2.4M25.1 10.4l-2.4 2.4', '#e0a33c'),
  );
}

function plain(name, label, onclick, more) {
  return h('button', { type: 'button', class: 'plain', 'aria-label': label, title: label, onclick, ...more }, icon(name));
}

function chips(texts, say) {
  const chip = (text) => h('button', { type: 'button', class: 'chip', onclick: () => say(text) }, text);
  return h('div', { class: 'chips' }, ...texts.map(chip));
}

function mine(text) {
  return h('div', { class: 'mine' }, h('span', { class: 'hush' }, `${WORDS.you}: `), h('p', { dir: 'auto' }, text));
}

function step(text) {
  return h('p', { class: 'step' }, h('i'), h('i'), h('i'), h('span', null, text));
}

// Two buttons of which at most one is pressed; `given(which)` is called when a person presses one.
function thumbs(names, labels, pressed, given) {
  const buttons = names.map((name, place) =>
    plain('like', labels[place], () => press(name), { 'aria-pressed': String(pressed === name), 'data-down': place > 0 }),
  );
  const press = (name) => {
    buttons.forEach((button, place) => button.setAttribute('aria-pressed', String(names[place] === name)));
    given(name);
  };
  return buttons;
}

// A card: title (a link where the owner said where items live), a verdict, facts in a fold.
function card(item, line, acts) {
  const url = acts.link(item);
  const year = item.year && !item.title.endsWith(`(${item.year})`) ? ` (${item.year})` : '';
  const title = url ? h('a', { href: url, onclick: (event) => acts.click(event, item, url) }) : h('b');
  title.append(h('bdi', null, item.title, year));
  const labels = [`${WORDS.like}: ${item.title}`, `${WORDS.dislike}: ${item.title}`];
  const verdict = thumbs(['like', 'dislike'], labels, line.verdicts[item.id], (which) => acts.rate(line, item, which));
  const about = h('div', null, title, h('small', null, h('bdi', null, item.category.replaceAll('|', ' · '))));
  const facts = item.facts.length > 0 && h('details', null, h('summary', null, WORDS.facts), ...item.facts.map((fact) => h('p', { dir: 'auto' }, fact)));
  return h('li', { class: 'card', part: 'card' }, h('div', { class: 'row' }, about, ...verdict), facts);
}

// A chart, read in one sentence by its name: a row of cells for each line of a heat map, a bar for each name of the
// others (a conversation draws no networks). The counts stand beside a bar, and over each shape.
function chart({ kind, title, sentence, x, y, z, labels }) {
  const map = kind === 'heatmap';
  const rows = map ? z : y.map((value) => [value]);
  const top = Math.max(...rows.flat()) || 1;
  const row = (values, at) => {
    const texts = labels.slice(at * values.length);
    const shapes = values.map((value, place) => {
      const share = value / top;
      const box = map ? { x: place * 10, width: 9, opacity: 0.07 + 0.93 * share } : { width: 1 + 239 * share };
      return h('rect', { ...box, height: 12 }, h('title', null, texts[place]));
    });
    const drawn = h('svg', { viewBox: '0 0 240 12', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, ...shapes);
    return h('tr', null, h('th', { scope: 'row' }, (map ? y : x)[at]), h('td', null, drawn), !map && h('td', { dir: 'auto' }, texts[0].split(' ', 3).join(' ')));
  };
  const hours = map && h('tr', null, h('td'), h('td', { dir: 'ltr' }, `${x[0]} – ${x.at(-1)}`));
  return h('figure', { part: 'chart' }, h('figcaption', null, title), h('table', { 'aria-label': sentence }, ...rows.map(row), hours));
}

// An answer that has ended: text, cards, thumbs and what could be asked next.
function told(line, acts, last) {
  const nodes = [h('span', { class: 'hush' }, `${WORDS.bot}: `), h('p', { class: 'told', dir: 'auto' }, line.text)];
  nodes.push(...(line.charts ?? []).map(chart));
  if (line.items.length) nodes.push(h('ul', { class: 'cards' }, ...line.items.map((item) => card(item, line, acts))));
  const thanks = h('span', null, line.helpful ? WORDS.thanks : '');
  const judged = thumbs(['yes', 'no'], [WORDS.helpful, WORDS.unhelpful], line.helpful, (which) => {
    thanks.textContent = WORDS.thanks;
    acts.judge(line, which);
  });
  nodes.push(h('div', { class: 'foot' }, ...judged, thanks));
  if (last && line.next.length) nodes.push(chips(line.next, acts.say));
  return nodes;
}
