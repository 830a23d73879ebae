const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Shows each event of the server in the list, newest first. */
export function followDownloads(list) {
  const template = document.querySelector('#transfer');
  new EventSource(list.dataset.live).addEventListener('message', ({ data }) => {
    const { transfer, counts } = JSON.parse(data);
    show(list.querySelector(`#transfer-${transfer.id}`) ?? addRow(transfer.id), transfer);
    for (const [name, count] of Object.entries(counts)) {
      document.querySelector(`[data-count=${name}]`).textContent = count;
    }
  });

  function addRow(id) {
    const row = template.content.cloneNode(true).querySelector('li');
    row.id = `transfer-${id}`;
    list.prepend(row);
    list.hidden = false;
    document.querySelector('#no-transfers').hidden = true;
    return row;
  }
}

function show(row, { via, bytes, total, state, ...others }) {
  const size = formatSize(bytes) + (total === undefined ? '' : ` of ${formatSize(total)}`);
  const fields = { ...others, via: via && `, ${via}`, state, size };
  for (const field of row.querySelectorAll('[data-field]')) {
    field.replaceChildren(...breakBeforeDot(String(fields[field.dataset.field])));
  }
  row.dataset.state = state;
  row.querySelector('.state').className = `state ${state}`;
  Object.assign(row.querySelector('progress'), { max: total || 1, value: bytes });
}

/** As the template name.eta does: a long name breaks before its extension. */
function breakBeforeDot(text) {
  const [, stem = text, extension] = /^(.+)(\.[^.]+)$/s.exec(text) ?? [];
  return extension ? [stem, document.createElement('wbr'), extension] : [stem];
}

function formatSize(size) {
  if (size === 1) return '1 byte';
  const exponent = size < 1024 ? 0 : Math.min(Math.floor(Math.log2(size) / 10), 4);
  return `${(size / 1024 ** exponent).toFixed(exponent && 1)} ${UNITS[exponent]}`;
}
