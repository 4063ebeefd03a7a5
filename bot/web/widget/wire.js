// The line to the server. Knows requests, problem documents and event streams; nothing of the screen.

const SILENCE = 40_000; // milliseconds without a byte (the server says something every 15 seconds)
const PAUSES = [400, 1000, 2000, 4000, 8000, 8000];

// A refusal that the server explained; `after` is the number of seconds to wait, where it said so.
class Problem extends Error {
  constructor(status, document, after) {
    super(document.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = String(document.type ?? '').split(':').pop() || 'http';
    this.after = after;
  }
}

class Wire {
  halted = false;
  #base;
  #site;
  #leave;

  constructor(base, site) {
    this.#base = base;
    this.#site = site;
  }

  // POST one document; resolve to the response, or throw a Problem (refused) or TypeError (not reached).
  async post(path, body, token, { headers = {}, ...how } = {}) {
    const reply = await fetch(new URL(path, this.#base), {
      method: 'POST',
      credentials: 'omit',
      body: JSON.stringify(body),
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        ...(this.#site && { 'X-Almanac-Site': this.#site }),
        ...(token && { Authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...how,
    });
    if (reply.ok) return reply;
    const document = await reply.json().catch(() => ({}));
    throw new Problem(reply.status, document, Number(reply.headers.get('Retry-After')) || 0);
  }

  // Listen no more; the turn in progress ends as if it were over.
  halt() {
    this.halted = true;
    this.#leave?.();
  }

  // The events of one turn. A broken line is taken up again after the last event, as often as it moves on.
  async *turn(body, token, waiting) {
    let last = 0;
    let failures = 0;
    this.halted = false;
    for (;;) {
      let fault;
      try {
        for await (const event of this.#stream(body, token, last)) {
          last = event.id ?? last;
          failures = 0;
          waiting(false);
          yield event;
          if (event.type === 'done' || event.type === 'error') return;
        }
        fault = new TypeError('the stream ended early');
      } catch (error) {
        if (this.halted) return;
        if (error instanceof Problem && error.code !== 'busy') throw error;
        fault = error;
      }
      if (failures >= PAUSES.length) throw fault;
      waiting(true);
      await pause(Math.max(PAUSES[failures++], (fault.after ?? 0) * 1000));
      if (this.halted) return;
    }
  }

  async *#stream(body, token, last) {
    const stop = new AbortController();
    this.#leave = () => stop.abort();
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), SILENCE);
    };
    alive();
    try {
      const headers = { Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': String(last) }) };
      const reply = await this.post('api/chat', body, token, { headers, signal: stop.signal });
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        alive();
        const blocks = (text + value).split('\n\n');
        text = blocks.pop();
        for (const block of blocks) {
          const event = parse(block);
          if (event) yield event;
        }
      }
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
  }
}

// One event as its JSON with `id`; null for a comment.
function parse(block) {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return fields.data ? { ...JSON.parse(fields.data), id: Number(fields.id) || undefined } : null;
}

// Wait, and while the browser is offline wait for the line instead.
function pause(milliseconds) {
  return new Promise((resolve) => {
    if (navigator.onLine) setTimeout(resolve, milliseconds);
    else addEventListener('online', () => setTimeout(resolve, 200), { once: true });
  });
}
