// Tells the widget what the visitor has before them. Calls made before the widget is there wait in a list.
const { page, cart } = document.body.dataset;
window.almanac = [['setContext', { page: page || undefined, cart: JSON.parse(cart) }]];

// What the widget does, the page may follow: here it only counts.
document.addEventListener('almanac:click', (event) => console.info('to', event.detail.title));
