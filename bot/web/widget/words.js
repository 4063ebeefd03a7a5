// Every word of the widget in English; words.<language>.json hold the same keys in other languages.

const WORDS = {
  title: 'Ask Almanac', greeting: 'Hello. What are you looking for?',
  lead: 'Ask by wish, by what you liked, or by when and where.', placeholder: 'Ask, or say what you like…',
  open: 'Open the chat', close: 'Close the chat', send: 'Send', stop: 'Stop', stopped: 'Stopped.', again: 'New conversation', retry: 'Try again',
  log: 'Conversation', message: 'Your message', you: 'You', bot: 'Almanac', unread: 'new answer', like: 'Like',
  dislike: 'Not for me', facts: 'The facts behind it', helpful: 'Helpful', unhelpful: 'Not helpful',
  thanks: 'Thank you.', why: 'Why {title}?', more: 'More like {title}', data: 'Data from {from} to {to}',
  working: 'Thinking', search_items: 'Searching the catalogue', score_items: 'Weighing what fits you',
  lookup_rules: 'Looking up the record', explain_item: 'Working out why',
  offline: 'You are offline. Your message goes out when the connection is back.',
  reconnecting: 'The connection broke. Trying to get it back…',
  limited: 'That was a lot at once. Please try again in {seconds} seconds.',
  unreachable: 'The chat cannot be reached just now.', failed: 'Something went wrong.',
};

const RIGHT_TO_LEFT = /^(ar|fa|he|ur|yi|ps|ckb|sd)\b/;

// Take the words of a language tag such as "zh-Hans"; what is missing stays English.
async function speak(tag) {
  const language = tag.toLowerCase().split('-')[0];
  if (!LANGUAGES.includes(language)) return;
  const reply = await fetch(new URL(`widget/${language}.json`, BASE)).catch(() => null);
  if (reply?.ok) Object.assign(WORDS, await reply.json());
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
