// @ts-check
// The pages. Inserted values are escaped, unless they are HTML themselves.
import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --page: #f3f4f8; --card: #fff; --text: #1c2333; --faint: #667085;
  --line: #e4e7ee; --control: #7f8898; --accent: #2563eb; --error: #b42318; }
@media (prefers-color-scheme: dark) { :root { --page: #12151c; --card: #1b202b; --text: #e8ebf2;
  --faint: #98a2b3; --line: #2c3342; --control: #717b90; --accent: #6c9bff; --error: #ff8b80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: break-word;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 4rem 1rem 2rem; }
main.narrow { max-width: 25rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin-bottom: 1.25rem; }
h1 { flex: 1; margin: 0; font-size: 1.5rem; letter-spacing: -.01em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .9rem;
  box-shadow: 0 1px 3px #0f172a14, 0 8px 24px #0f172a0d; overflow: hidden; }
.padded { padding: 1.5rem; }
a { color: inherit; text-decoration: none; }
a:hover { color: var(--accent); text-decoration: underline; }
label { display: block; margin-bottom: 1rem; font-size: .9rem; color: var(--faint); }
input { width: 100%; padding: .5rem .7rem; font: inherit; color: var(--text); background: var(--page);
  border: 1px solid var(--control); border-radius: .5rem; }
button, .button { padding: .45rem .9rem; font: inherit; font-size: .9rem; color: inherit; cursor: pointer;
  background: none; border: 1px solid var(--control); border-radius: .5rem; white-space: nowrap; }
button:hover, .button:hover { color: var(--accent); border-color: var(--accent); text-decoration: none; }
button.primary { color: var(--card); background: var(--accent); border-color: var(--accent); }
button.primary:hover { filter: brightness(1.08); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.wide { width: 100%; }
.error { margin: 0 0 1rem; color: var(--error); }
p.faint { margin: 0; }
.faint { color: var(--faint); font-size: .875rem; }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; color: var(--text); }
ul { list-style: none; margin: 0; padding: 0; }
li { position: relative; display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; padding: .85rem 1.25rem; }
li + li { border-top: 1px solid var(--line); }
.kind { width: 3rem; padding: .35rem 0; border-radius: .4rem; text-align: center; font-size: .7rem;
  font-weight: 700; letter-spacing: .04em; color: var(--accent); background: var(--page); }
.name { flex: 1; min-width: 12rem; overflow-wrap: anywhere; }
.name a { font-weight: 600; color: var(--accent); }
.name .faint { display: block; }
details[open] { flex-basis: 100%; order: 1; padding-left: 4rem; }
summary { display: inline-block; list-style: none; }
summary::-webkit-details-marker { display: none; }
details form { display: flex; gap: .5rem; margin-top: .4rem; }
footer { margin-top: 1.25rem; }
@media (max-width: 30rem) { main { padding-top: 2rem; } header h1 { flex-basis: 100%; overflow-wrap: anywhere; }
  li { padding: .85rem 1rem; } .name { flex-basis: calc(100% - 4rem); min-width: 0; }
  details[open] { padding-left: 0; } details input { min-width: 0; } }
`;

/** Allows the style sheet above and forms to this site; no scripts, no frames. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** HTML, as opposed to text that must be escaped. */
class Html {
  /** @param {string} source */
  constructor(source) {
    this.source = source;
  }
}

/** @type {Record<string, string>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * @param {TemplateStringsArray} strings
 * @param {unknown[]} values
 */
function html(strings, ...values) {
  return new Html(String.raw({ raw: strings }, ...values.map(escapeHtml)));
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function escapeHtml(value) {
  if (value instanceof Html) return value.source;
  if (Array.isArray(value)) return value.map(escapeHtml).join('');
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/**
 * @param {import('express').Response} res
 * @param {number} status
 * @param {Html} page
 */
export function sendPage(res, status, page) {
  res
    .status(status)
    .set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
    })
    .type('html')
    .send(page.source);
}

/**
 * @param {string} title
 * @param {'narrow' | 'wide'} width
 * @param {Html} content
 */
function layout(title, width, content) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
</head>
<body><main class="${width}">${content}</main></body>
</html>
`;
}

/**
 * @param {readonly { name: string, password: string }[]} sampleUsers
 * @param {string} [error]
 */
export function loginPage(sampleUsers, error) {
  return layout(
    'Log in',
    'narrow',
    html`
<header><h1>Document portal</h1></header>
<form class="card padded" method="post" action="/login">
  ${error === undefined ? '' : html`<p class="error" role="alert">${error}</p>`}
  <label>Name <input name="name" autocomplete="username" required autofocus></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button class="primary wide">Log in</button>
</form>
<footer class="faint">Sample users:
  ${sampleUsers.map(({ name, password }) => html`<br><code>${name}</code>, password <code>${password}</code>`)}
</footer>`,
  );
}

/**
 * @param {string} user
 * @param {readonly { name: string, size: number, mtime: Date }[]} documents
 * @param {string} senderName
 */
export function documentsPage(user, documents, senderName) {
  return layout(
    `Documents of ${user}`,
    'wide',
    html`
<header>
  <h1>Documents of ${user}</h1>
  <a class="button" href="/newest">Download the newest</a>
  <form method="post" action="/logout"><button>Log out</button></form>
</header>
<ul class="card">${documents.map((document) => documentItem(user, document))}</ul>
<footer class="faint">A click opens a document; its bytes come from the sender <code>${senderName}</code>.</footer>`,
  );
}

/**
 * @param {string} user
 * @param {{ name: string, size: number, mtime: Date }} document
 */
function documentItem(user, { name, size, mtime }) {
  const url = `/files/${encodeURIComponent(user)}/${encodeURIComponent(name)}`;
  const date = mtime.toISOString().slice(0, 10);
  return html`
<li>
  <span class="kind">${/[^.]{1,4}$/.exec(name)?.[0].toUpperCase() ?? ''}</span>
  <span class="name"><a href="${url}">${name}</a>
    <span class="faint">${formatSize(size)} · <time datetime="${date}">${date}</time></span></span>
  <details><summary class="button">Download as …</summary>
    <form action="${url}"><input name="as" value="${name}" aria-label="File name" required>
      <button class="primary">Download</button></form></details>
  <form method="post" action="/links"><input type="hidden" name="name" value="${name}">
    <button>Create a link</button></form>
</li>`;
}

/**
 * @param {string} name
 * @param {string} url
 * @param {number} minutes
 */
export function linkPage(name, url, minutes) {
  return layout(
    'A link that expires',
    'wide',
    html`
<header><h1>A link that expires</h1><a class="button" href="/">Back</a></header>
<div class="card padded">
  <label>Anyone with this link can read <code>${name}</code>, without logging in, for ${minutes} minutes:
    <input value="${url}" readonly></label>
  <a class="button" href="${url}">Try it</a>
</div>`,
  );
}

/** @param {number} status */
export function errorPage(status) {
  const [title, text] = ERRORS[status] ?? [
    'Error',
    status < 500 ? 'The request is invalid.' : 'An internal error occurred. Try again later.',
  ];
  return layout(
    title,
    'narrow',
    html`
<div class="card padded">
  <p class="faint">${status}</p>
  <h1>${title}</h1>
  <p>${text}</p>
  <a class="button" href="/">To your documents</a>
</div>`,
  );
}

/** @type {Record<number, [title: string, text: string]>} */
const ERRORS = {
  403: ['Not allowed', 'That path is outside of your documents.'],
  404: ['Not found', 'You have no such document.'],
  410: ['Expired', 'This link has expired. Request a new one.'],
  405: ['Not allowed', 'Documents can only be read.'],
};

/** @param {number} size */
function formatSize(size) {
  if (size < 1024) return `${size} bytes`;
  const exponent = Math.min(Math.floor(Math.log2(size) / 10), 4);
  return `${(size / 1024 ** exponent).toFixed(1)} ${['', 'KiB', 'MiB', 'GiB', 'TiB'][exponent]}`;
}
