/** Sends the form with a progress bar, and refuses files that are too large before they are sent. */
export function uploadWithProgress(form) {
  const dialog = form.closest('dialog');
  const progress = form.querySelector('progress');
  const alert = form.querySelector('[role=alert]');
  const button = form.querySelector('.primary');
  let request;

  const show = (running) => {
    request = running;
    progress.hidden = !running;
    progress.value = 0;
    button.ariaDisabled = String(Boolean(running));
  };
  const fail = (...text) => {
    alert.replaceChildren(...text);
    alert.hidden = false;
    show(undefined);
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (request) return;
    alert.hidden = true;
    const max = Number(form.dataset.max);
    const tooLarge = [...form.elements.files.files].find(({ size }) => size > max);
    if (tooLarge)
      return fail(`“${tooLarge.name}” is larger than ${Math.floor(max / 2 ** 20)} MiB.`);

    show(new XMLHttpRequest());
    request.open('POST', form.action);
    request.setRequestHeader('Accept', 'application/json');
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      progress.value = (100 * loaded) / total;
    });
    request.addEventListener('load', ({ target: { status, response } }) => {
      // The page of the folder reports what was done.
      if (status === 200 && response) location.assign(response.url);
      else if (status === 401) fail('You are no longer logged in. ', linkTo('/login', 'Log in'));
      else fail(`The server has refused the upload (${status}).`);
    });
    request.addEventListener('error', () => fail('The connection was lost. Try again.'));
    request.send(new FormData(form));
  });

  // Cancel and Escape end the upload, too.
  dialog.addEventListener('close', () => {
    request?.abort();
    show(undefined);
  });

  acceptDrops(({ files, items }) => {
    if (request) return;
    if (!dialog.open) dialog.showModal();
    if ([...items].some((item) => item.webkitGetAsEntry?.()?.isDirectory)) {
      return fail('Folders cannot be uploaded. Choose the files in them.');
    }
    form.elements.files.files = files;
    form.requestSubmit();
  });
  form.querySelector('[data-drop-hint]').hidden = false;
}

function linkTo(href, text) {
  return Object.assign(document.createElement('a'), { href, textContent: text });
}

/** Makes the whole page a target for files. */
function acceptDrops(receive) {
  const { classList } = document.body;
  const onFiles = (type, handle) =>
    document.addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      // Otherwise, the browser would show the file instead of the page.
      event.preventDefault();
      handle(event);
    });
  onFiles('dragover', () => classList.add('dropping'));
  onFiles('dragleave', ({ relatedTarget }) => relatedTarget ?? classList.remove('dropping'));
  onFiles('drop', ({ dataTransfer }) => {
    classList.remove('dropping');
    receive(dataTransfer);
  });
}
