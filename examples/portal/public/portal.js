// Makes pages better where scripts run; everything works without.

import { showCountdown } from './countdown.js';
import { followDownloads } from './live.js';
import { uploadWithProgress } from './upload.js';

const form = document.querySelector('#upload-form');
if (form) uploadWithProgress(form);

const list = document.querySelector('[data-live]');
if (list) followDownloads(list);

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    await navigator.clipboard?.writeText(field.value);
    button.querySelector('span').textContent = 'Copied';
  });
}

const countdown = document.querySelector('[data-countdown]');
if (countdown) showCountdown(countdown);

// Arrow keys show the previous and the next document, as the links do.
document.addEventListener('keydown', ({ key, target }) => {
  const rel = { ArrowLeft: 'prev', ArrowRight: 'next' }[key];
  if (rel && !target.closest('input, select, video, audio, [popover]')) {
    document.querySelector(`.pages a[rel=${rel}]`)?.click();
  }
});
