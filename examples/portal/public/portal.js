// Makes pages better where scripts run; everything works without.

import { showCountdown } from './countdown.js';
import { makeModal } from './dialogs.js';
import { followDownloads } from './live.js';
import { uploadWithProgress } from './upload.js';

for (const button of document.querySelectorAll('[popovertarget]')) makeModal(button);

const form = document.querySelector('#upload-form');
if (form) uploadWithProgress(form);

const list = document.querySelector('[data-live]');
if (list) followDownloads(list);

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    button.querySelector('span').textContent = (await copy(field.value)) ? 'Copied' : 'Not copied';
  });
}

const countdown = document.querySelector('[data-countdown]');
if (countdown) showCountdown(countdown);

// Arrow keys show the previous and the next document, as the links do. With other keys, they are the browser's.
document.addEventListener('keydown', ({ key, target, altKey, ctrlKey, metaKey, shiftKey }) => {
  if (altKey || ctrlKey || metaKey || shiftKey || document.querySelector('dialog[open]')) return;
  const rel = { ArrowLeft: 'prev', ArrowRight: 'next' }[key];
  if (rel && !target.closest('input, select, video, audio')) {
    document.querySelector(`.pages a[rel=${rel}]`)?.click();
  }
});

// A form is sent once, however often its button is pressed, unless it only starts a download.
document.addEventListener('submit', (event) => {
  const { target: sent, defaultPrevented, submitter } = event;
  if (defaultPrevented || sent.getAttribute('method') !== 'post') return;
  if ('repeatable' in sent.dataset) return;
  if ('isSent' in sent.dataset) return event.preventDefault();
  sent.dataset.isSent = '';
  if (submitter) submitter.ariaDisabled = 'true';
});

// Back again, with the forms as they were when they were sent.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});

/** Copies the text, which is also selected. Browsers offer the clipboard only with HTTPS, and may forbid it. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand('copy');
  }
}
