// Plots of the results as SVG: throughput and share of the limit against the size of the file, memory against connections.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const WIDTH = 720;
const HEIGHT = 380;
const MARGIN = { left: 64, right: 170, top: 40, bottom: 48 };
const COLOURS = ['#6b7280', '#2563eb', '#059669', '#d97706', '#9333ea', '#db2777', '#dc2626'];

/**
 * @typedef {{ name: string, size: number, rows: Record<string, { requestsPerSecond: number }> }} Result
 * @typedef {{ name: string, points: { x: number, y: number }[] }} Series
 */

/**
 * @param {string} directory
 * @param {{ results: Result[], slowReaders: import('./slow-readers.mjs').SlowReaders[] }} summary
 */
export function writePlots(directory, { results, slowReaders }) {
  const bySize = results
    .filter(({ rows, name }) => 'limit' in rows && !name.startsWith('304'))
    .sort((a, b) => a.size - b.size);
  const names = Object.keys(bySize[0]?.rows ?? {});
  write(directory, 'throughput.svg', {
    title: 'MB per second against file size',
    isLogarithmic: true,
    formatX: formatSize,
    series: names.map((name) => ({
      name,
      points: bySize.map(({ size, rows }) => ({
        x: size,
        y: ((rows[name]?.requestsPerSecond ?? 0) * size) / 1e6,
      })),
    })),
  });
  write(directory, 'share-of-limit.svg', {
    title: 'Share of the same bytes from memory, against file size',
    formatX: formatSize,
    series: names.map((name) => ({
      name,
      points: bySize.map(({ size, rows }) => ({
        x: size,
        y: (rows[name]?.requestsPerSecond ?? 0) / (rows.limit?.requestsPerSecond ?? 1),
      })),
    })),
  });
  write(directory, 'memory.svg', {
    title: 'MB of memory more, against slow readers of a 1 GB file',
    formatX: String,
    series: [...new Set(slowReaders.map(({ name }) => name))].map((name) => ({
      name,
      points: slowReaders
        .filter((result) => result.name === name)
        .map(({ connections, bytesPerConnection }) => ({
          x: connections,
          y: (connections * bytesPerConnection) / 2 ** 20,
        })),
    })),
  });
}

/**
 * @param {string} directory
 * @param {string} file
 * @param {{ title: string, series: Series[], isLogarithmic?: boolean, formatX: (x: number) => string }} plot
 */
function write(directory, file, { title, series, isLogarithmic = false, formatX }) {
  const all = series.flatMap(({ points }) => points);
  const scale = isLogarithmic ? Math.log10 : (/** @type {number} */ value) => value;
  const [left, right] = [
    Math.min(...all.map(({ x }) => x)),
    Math.max(...all.map(({ x }) => x)),
  ].map(Math.log10);
  const ys = all.map(({ y }) => scale(y));
  const bottom = isLogarithmic ? Math.floor(Math.min(...ys)) : 0;
  const top = isLogarithmic ? Math.ceil(Math.max(...ys)) : Math.max(1, ...ys);
  const plotWidth = WIDTH - MARGIN.left - MARGIN.right;
  const plotHeight = HEIGHT - MARGIN.top - MARGIN.bottom;
  const toX = (/** @type {number} */ x) =>
    MARGIN.left + ((Math.log10(x) - (left ?? 0)) / ((right ?? 1) - (left ?? 0) || 1)) * plotWidth;
  const toY = (/** @type {number} */ y) =>
    MARGIN.top + (1 - (scale(y) - bottom) / (top - bottom || 1)) * plotHeight;

  const ticks = isLogarithmic
    ? Array.from({ length: top - bottom + 1 }, (_, index) => 10 ** (bottom + index))
    : [0, 0.25, 0.5, 0.75, 1].map((part) => part * top);
  const grid = ticks.map(
    (value) =>
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${toY(value)}" y2="${toY(value)}" stroke="#e5e7eb"/>` +
      `<text x="${MARGIN.left - 8}" y="${toY(value) + 4}" text-anchor="end">${Number(value.toPrecision(3))}</text>`,
  );
  const sizes = [...new Set(all.map(({ x }) => x))].map(
    (x) =>
      `<text x="${toX(x)}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${formatX(x)}</text>`,
  );
  const lines = series.map(({ name, points }, index) => {
    const colour = name === 'xsendfile' ? '#dc2626' : COLOURS[index % COLOURS.length];
    const width = name === 'xsendfile' ? 3 : 1.5;
    const path = points.map(({ x, y }) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(' ');
    const legend = MARGIN.top + index * 20;
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"/>` +
      `<line x1="${WIDTH - MARGIN.right + 14}" x2="${WIDTH - MARGIN.right + 34}" y1="${legend}" y2="${legend}" stroke="${colour}" stroke-width="${width}"/>` +
      `<text x="${WIDTH - MARGIN.right + 40}" y="${legend + 4}">${name}</text>`
    );
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">
<title>${title}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${MARGIN.left}" y="22" font-size="15" font-weight="600">${title}</text>
${[...grid, ...sizes, ...lines].join('\n')}
</svg>
`;
  writeFileSync(join(directory, file), svg);
}

/** @param {number} size */
function formatSize(size) {
  return size >= 2 ** 20 ? `${Math.round(size / 2 ** 20)} MB` : `${Math.round(size / 1024)} KB`;
}
