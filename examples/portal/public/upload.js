/** Sends the form with a progress bar, and refuses files that are too large before they are sent. */
export function uploadWithProgress(form) {
  const progress = form.querySelector('progress');
  const alert = form.querySelector('[role=alert]');
  const fail = (text) => {
    alert.textContent = text;
    alert.hidden = false;
    progress.hidden = true;
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    alert.hidden = true;
    const max = Number(form.dataset.max);
    const tooLarge = [...form.elements.files.files].find(({ size }) => size > max);
    if (tooLarge)
      return fail(`“${tooLarge.name}” is larger than ${Math.floor(max / 2 ** 20)} MiB.`);

    const request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.setRequestHeader('Accept', 'application/json');
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      progress.value = (100 * loaded) / total;
    });
    // The page of the folder reports what was done.
    request.addEventListener('load', () => {
      if (request.status === 200) location.assign(request.response.url);
      else fail(`The server has refused the upload (${request.status}).`);
    });
    request.addEventListener('error', () => fail('The connection was lost. Try again.'));
    progress.hidden = false;
    request.send(new FormData(form));
  });
}
