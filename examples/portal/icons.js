// @ts-check
// Icons of 24 by 24 units, drawn with lines.

/** @type {Record<string, string>} */
const PATHS = {
  folder: 'M3 7a2 2 0 0 1 2-2h4l2.5 2.5H19a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z',
  image: 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 2.5-2.5 5 5M15.5 9.5h.01',
  video: 'M4 6h16v12H4zM10.5 9.5v5l4-2.5z',
  audio:
    'M9 17.5V6l10-2v11.5M9 17.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 15.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  pdf: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 15h6M9 18h3',
  text: 'M6 3h8l4 4v14H6zM14 3v4h4M9 11h6M9 14h6M9 17h4',
  page: 'M4 5h16v14H4zM4 9h16M7 7h.01M10 13l-2 2 2 2M14 13l2 2-2 2',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  search: 'M17 11a6 6 0 1 1-12 0 6 6 0 0 1 12 0zM15.5 15.5 20 20',
  upload: 'M12 16V5M7.5 9.5 12 5l4.5 4.5M5 19h14',
  download: 'M12 5v11M7.5 11.5 12 16l4.5-4.5M5 19.5h14',
  share:
    'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1',
  more: 'M6 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0zM13 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0zM20 12a1 1 0 1 1-2 0 1 1 0 0 1 2 0z',
  newFolder:
    'M3 7a2 2 0 0 1 2-2h4l2.5 2.5H19a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zM12 11v5M9.5 13.5h5',
  live: 'M3 12h4l2.5-6 5 12 2.5-6h4',
  how: 'M4 7h10M11 4l3 3-3 3M20 17H10M13 14l-3 3 3 3',
  leave: 'M14 5H6v14h8M10 12h10M17 9l3 3-3 3',
  back: 'M19 12H5M11 6l-6 6 6 6',
  previous: 'M14.5 6l-6 6 6 6',
  next: 'M9.5 6l6 6-6 6',
  clock: 'M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0zM12 7.5V12l3 2',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  closed: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  check: 'M5 12.5l4.5 4.5L19 7.5',
};

/**
 * Returns an icon as HTML, hidden from screen readers, because a word is always next to it.
 *
 * @param {string} name
 */
export function icon(name) {
  return `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${PATHS[name]}"/></svg>`;
}
