// How the widget looks. Knows colours and boxes alone. A page restyles it through the custom properties that begin
// with --almanac-; text keeps 4.5:1 against its ground in both modes, and targets are 44 pixels or more.

const LOOK = `
:host {
  --paper: var(--almanac-paper, light-dark(#faf7f1, #12181f)); --raised: var(--almanac-raised, light-dark(#fff, #1a222b)); --ink: var(--almanac-ink, light-dark(#1d2733, #e9e5dc));
  --soft: var(--almanac-soft, light-dark(#55606e, #a3adb8)); --line: var(--almanac-line, light-dark(#e0d9cb, #2c3743)); --edge: var(--almanac-edge, light-dark(#8d8471, #6b7987));
  --accent: var(--almanac-accent, light-dark(#1f5668, #7cc0cf)); --on-accent: var(--almanac-on-accent, light-dark(#fff, #0d1a1f));
  --wash: var(--almanac-wash, light-dark(#e3eef0, #1c313a)); --warn: var(--almanac-warn, light-dark(#9a3412, #f0a585)); --gold: #e0a33c;
  --radius: var(--almanac-radius, 18px); --shade: 0 12px 40px light-dark(rgb(30 35 45 / 24%), #000), 0 2px 8px rgb(30 35 45 / 12%);
  --sans: var(--almanac-font, system-ui, sans-serif);
  --serif: var(--almanac-title-font, Palatino, Georgia, serif);
  display: block; color-scheme: light dark; font: 400 16px/1.5 var(--sans); color: var(--ink);
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([floating]) { position: fixed; bottom: var(--almanac-bottom, 20px); inset-inline-end: var(--almanac-side, 20px); z-index: var(--almanac-layer, 2147483000); }
:host([floating][position="left"]) { inset-inline-end: auto; inset-inline-start: var(--almanac-side, 20px); }
:host(:not([floating])) { height: 560px; }
@media print { :host([floating]) { display: none; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; flex: none; }
.mark { stroke-width: 2; border-radius: 8px; }
.hush { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher { display: grid; place-items: center; width: 60px; height: 60px; border: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent); box-shadow: var(--shade); position: relative; }
.launcher svg { width: 28px; height: 28px; }
.launcher .dot { position: absolute; top: 2px; inset-inline-end: 2px; width: 15px; height: 15px; border-radius: 50%; background: #c2410c; border: 2px solid #fff; }

.panel { display: flex; flex-direction: column; overflow: hidden; background: var(--paper); border: 1px solid var(--line); border-radius: var(--radius); height: 100%; }
:host([floating]) .panel { position: absolute; bottom: 74px; inset-inline-end: 0; width: min(400px, calc(100vw - 40px)); height: min(660px, calc(100dvh - 118px)); box-shadow: var(--shade); }
:host([floating][position="left"]) .panel { inset-inline: 0 auto; }

header { display: flex; align-items: center; gap: 11px; padding: 10px; padding-inline: 16px 8px; background: var(--raised); border-bottom: 1px solid var(--line); }
header .mark { width: 34px; height: 34px; }
header div { flex: 1; min-width: 0; }
h2 { font: 600 17px/1.25 var(--serif); margin: 0; }
header p { margin: 1px 0 0; font-size: 12px; line-height: 1.35; color: var(--soft); }
.plain { display: grid; place-items: center; min-width: 44px; min-height: 44px; padding: 0; border: 0; border-radius: 12px; background: none; color: var(--soft); }
.plain:hover { background: var(--wash); color: var(--accent); }

.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px; position: relative; }
.log:focus-visible { outline-offset: -3px; }
.hello { padding: 10px 2px 4px; }
.hello strong { display: block; font: 600 22px/1.25 var(--serif); margin: 0 0 6px; }
.hello p { margin: 0 0 16px; color: var(--soft); }
.mine { display: flex; justify-content: flex-end; margin: 14px 0 10px; position: relative; }
.mine p { margin: 0; max-width: 85%; padding: 9px 14px; border-radius: 16px; border-end-end-radius: 5px; background: var(--accent); color: var(--on-accent); overflow-wrap: anywhere; white-space: pre-wrap; }
.told { margin: 0 0 10px; overflow-wrap: anywhere; white-space: pre-line; }
.step { display: flex; align-items: center; gap: 9px; margin: 0 0 10px; color: var(--soft); font-size: 14px; }
.step i { width: 6px; height: 6px; border-radius: 50%; background: var(--accent); }
.step i + i { margin-inline-start: -4px; }

.cards { list-style: none; margin: 0 0 10px; padding: 0; display: grid; gap: 8px; }
.card { background: var(--raised); border: 1px solid var(--line); border-radius: 14px; padding-block: 4px; padding-inline: 14px 4px; }
.card a, .card b { font: 600 16px/1.3 var(--serif); color: var(--ink); overflow-wrap: anywhere; }
.card a { display: inline-block; padding-block: 12px; margin-block: -10px; color: var(--accent); text-decoration: underline; text-underline-offset: 3px; }
.card small { display: block; color: var(--soft); font-size: 13px; line-height: 1.4; }
.row, .foot { display: flex; align-items: flex-start; color: var(--soft); font-size: 13px; }
.row div { flex: 1; min-width: 0; padding-block: 8px 6px; }
.foot { align-items: center; margin-inline-start: -12px; }
[aria-pressed="true"] { color: var(--accent); background: var(--wash); }
[aria-pressed="true"] svg { fill: currentColor; fill-opacity: .22; }
[data-down] svg { transform: rotate(180deg); }
[aria-pressed] svg { width: 19px; height: 19px; }
.foot span { padding-inline: 6px; }
details { font-size: 13px; margin-block: -10px -2px; }
summary { cursor: pointer; padding-inline-end: 6px; min-height: 44px; display: flex; align-items: center; gap: 5px; color: var(--accent); width: max-content; border-radius: 8px; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::after { content: ""; width: 6px; height: 6px; border: solid currentColor; border-width: 0 1.6px 1.6px 0; transform: translateY(-2px) rotate(45deg); }
details p { margin: 0 0 10px; padding-inline-end: 10px; color: var(--ink); overflow-wrap: anywhere; }

figure { margin: 0 0 12px; padding: 10px 12px; background: var(--raised); border: 1px solid var(--line); border-radius: 14px; }
td svg { width: 100%; height: 13px; display: block; fill: var(--accent); stroke: none; }
table { width: 100%; font-size: 12px; line-height: 1.25; color: var(--soft); }
figcaption { font: 600 15px/1.3 var(--serif); }
th { font-weight: 400; text-align: start; padding-inline-end: 8px; }
td + td { white-space: nowrap; padding-inline-start: 8px; }
td:nth-child(2) { width: 99%; }

.chips { display: flex; flex-wrap: wrap; gap: 8px; margin: 2px 0 6px; }
.chip { min-height: 44px; padding: 8px 15px; border: 1px solid var(--edge); border-radius: 22px; background: var(--raised); color: var(--accent); font-size: 14px; line-height: 1.3; text-align: start; overflow-wrap: anywhere; }
.chip:hover { background: var(--wash); border-color: var(--accent); }
.hello .chips { flex-direction: column; align-items: stretch; }
.hello .chip { border-radius: 14px; border-color: var(--line); padding: 11px 15px; color: var(--ink); }

.notice { display: flex; align-items: center; justify-content: space-between; gap: 10px; padding: 6px 16px; font-size: 14px; line-height: 1.4; color: var(--ink); background: var(--wash); border-top: 1px solid var(--line); }
.notice p { margin: 4px 0; overflow-wrap: anywhere; }
.notice.bad p { color: var(--warn); }
.notice .chip { flex: none; }
form { display: flex; align-items: flex-end; gap: 6px; padding: 10px 12px calc(10px + env(safe-area-inset-bottom, 0px)); background: var(--raised); border-top: 1px solid var(--line); }
textarea { flex: 1; min-width: 0; min-height: 46px; max-height: 132px; resize: none; padding: 10px 14px; border: 1px solid var(--edge); border-radius: 23px; background: var(--paper); line-height: 1.5; field-sizing: content; }
textarea::placeholder { color: var(--soft); opacity: 1; }
textarea:focus-visible { outline-offset: 0; border-color: var(--accent); }
.send { display: grid; place-items: center; flex: none; width: 46px; height: 46px; border: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent); }
.send[aria-disabled="true"] { background: var(--line); color: var(--soft); cursor: default; }
[dir="rtl"] .send svg { transform: scaleX(-1); }

@media (max-width: 520px) {
  :host([floating]) .panel { position: fixed; inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
  :host([floating][opened]) .launcher { visibility: hidden; }
}
@media (prefers-reduced-motion: no-preference) {
  .launcher, .plain, .chip, .send { transition: .15s; }
  .launcher:hover { transform: scale(1.05); }
  :host([floating]) .panel { animation: rise .18s ease-out; }
  .step i { animation: beat 1.2s infinite both; }
  .step i + i { animation-delay: .15s; } .step i + i + i { animation-delay: .3s; }
}
@keyframes rise { from { opacity: 0; transform: translateY(10px); } }
@keyframes beat { 0%, 70%, 100% { opacity: .25; } 35% { opacity: 1; } }
@media (forced-colors: active) { .launcher, .send, .mine p { border: 1px solid; } }
`;

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(LOOK);
