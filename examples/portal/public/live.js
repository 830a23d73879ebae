const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
const COMPLETE = ['sent', 'delivered', 'offloaded'];

/** Shows each event of the server in the list, newest first. */
export function followDownloads(list) {
  const template = document.querySelector('#transfer');
  count();
  new EventSource(list.dataset.live).addEventListener('message', ({ data }) => {
    const transfer = JSON.parse(data);
    const row = list.querySelector(`#transfer-${transfer.id}`) ?? addRow(transfer.id);
    show(row, transfer);
    count();
  });

  function addRow(id) {
    const row = template.content.cloneNode(true).querySelector('li');
    row.id = `transfer-${id}`;
    list.prepend(row);
    list.hidden = false;
    document.querySelector('#no-transfers').hidden = true;
    return row;
  }

  function count() {
    const states = [...list.children].map((row) => row.dataset.state);
    const counts = {
      running: states.filter((state) => state === 'running').length,
      complete: states.filter((state) => COMPLETE.includes(state)).length,
      aborted: states.filter((state) => state === 'aborted').length,
      refused: states.filter((state) => state === 'refused').length,
    };
    for (const [name, number] of Object.entries(counts)) {
      document.querySelector(`[data-count=${name}]`).textContent = number;
    }
  }
}

function show(row, { state, total, bytes, via, ...transfer }) {
  row.dataset.state = state;
  const size = formatSize(bytes) + (total === undefined ? '' : ` of ${formatSize(total)}`);
  const sender = transfer.sender ?? 'this process';
  const fields = { ...transfer, via: via && `, ${via}`, sender, state, size };
  for (const field of row.querySelectorAll('[data-field]')) {
    field.textContent = fields[field.dataset.field] ?? '';
  }
  row.querySelector('.state').className = `state ${state}`;
  Object.assign(row.querySelector('progress'), { max: total || 1, value: bytes });
}

function formatSize(size) {
  const exponent = size < 1024 ? 0 : Math.min(Math.floor(Math.log2(size) / 10), 4);
  return `${(size / 1024 ** exponent).toFixed(exponent && 1)} ${UNITS[exponent]}`;
}
