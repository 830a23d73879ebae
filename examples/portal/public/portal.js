// Makes pages better where scripts run; everything works without.
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

for (const time of document.querySelectorAll('[data-countdown]')) {
  const expires = new Date(time.dateTime);
  const show = () => {
    const seconds = Math.ceil((expires - Date.now()) / 1000);
    // The server says what has happened to the link.
    if (seconds < 0) return location.reload();
    const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
    const rest = [Math.floor(seconds / 60) % 60, seconds % 60];
    const clock = [hours, ...rest].map((number) => String(number).padStart(2, '0')).join(':');
    time.textContent = days > 0 ? `${days} d ${clock}` : clock;
    setTimeout(show, 1000);
  };
  show();
}

// Arrow keys show the previous and the next document, as the links do.
document.addEventListener('keydown', ({ key, target }) => {
  const rel = { ArrowLeft: 'prev', ArrowRight: 'next' }[key];
  if (rel && !target.closest('input, select, video, audio, [popover]')) {
    document.querySelector(`.pages a[rel=${rel}]`)?.click();
  }
});
