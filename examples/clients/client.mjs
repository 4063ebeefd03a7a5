// Chat with Almanac from JavaScript (Node 20 or a browser): print the answer as it comes.
//
//   node examples/clients/client.mjs http://127.0.0.1:7860 movies "Something funny for Friday night"

export class Almanac {
  #url;
  #catalog;
  #headers = { 'Content-Type': 'application/json' };
  #conversation = null;

  constructor(url, catalog, key = null) {
    this.#url = url;
    this.#catalog = catalog;
    if (key) this.#headers.Authorization = `Bearer ${key}`;
  }

  // Yield the events of one answer; after a broken line the rest, never the same event twice.
  async *events(message, tries = 5) {
    if (!this.#headers.Authorization) await this.#meet();
    const turn = crypto.randomUUID();
    const body = JSON.stringify({ message, turn, catalog: this.#catalog, conversation: this.#conversation });
    let last = '0';
    for (let failures = 0; failures < tries; failures += 1) {
      try {
        for await (const { id, ...event } of this.#stream(body, last)) {
          last = id;
          this.#conversation = event.conversation ?? this.#conversation;
          yield event;
          if (event.type === 'done' || event.type === 'error') return;
        }
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** failures));
    }
    throw new Error('the answer broke off');
  }

  // A visitor gets a token, to be shown with every request.
  async #meet() {
    const body = JSON.stringify({ catalog: this.#catalog });
    const reply = await fetch(`${this.#url}/api/session`, { method: 'POST', headers: this.#headers, body });
    const session = await reply.json();
    if (!reply.ok) throw new Error(session.detail);
    this.#headers.Authorization = `Bearer ${session.visitor}`;
  }

  async *#stream(body, last) {
    const headers = { ...this.#headers, Accept: 'text/event-stream', 'Last-Event-ID': last };
    const reply = await fetch(`${this.#url}/api/chat`, { method: 'POST', headers, body });
    if (!reply.ok) throw new Error((await reply.json()).detail);
    let text = '';
    for await (const piece of reply.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + piece).split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const data = block.match(/^data: (.*)$/m);
        if (data) yield { ...JSON.parse(data[1]), id: block.match(/^id: (.*)$/m)?.[1] };
      }
    }
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [url, catalog, ...messages] = process.argv.slice(2);
  const almanac = new Almanac(url, catalog);
  for (const message of messages) {
    for await (const event of almanac.events(message)) {
      if (event.type === 'token') process.stdout.write(event.text);
      if (event.type === 'error') process.stdout.write(event.message);
    }
    process.stdout.write('\n');
  }
}
