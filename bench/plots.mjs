// Plots of the results, as SVG for docs/images. As a program, from bench/results.json: node bench/plots.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';

const IMAGES = new URL('../docs/images/', import.meta.url);
const RESULTS = new URL('results.json', import.meta.url);

/** Legible on white and on black; ours stands out, the limit is grey. */
const COLOURS = {
  limit: '#8b949e',
  xsendfile: '#e5484d',
  send: '#3b82f6',
  'serve-static': '#0d9488',
  'sirv (dev)': '#a16207',
  'sirv (production)': '#d97706',
  '@fastify/send': '#a855f7',
};

/** Pictures follow the reader's colour scheme by themselves; Vega writes the text as `currentColor`. */
const STYLE =
  '<style>svg{color:#1f2328;background:#fff}' +
  '@media(prefers-color-scheme:dark){svg{color:#e6edf3;background:#0d1117}}</style>';

/**
 * @typedef {{ name: string, size: number, rows: Record<string, { requestsPerSecond: number }> }} Result
 * @typedef {{ series: string, x: string, y: number }} Point
 * @typedef {{ file: string, title: string, xTitle: string, yTitle: string, isLogarithmic?: boolean, points: Point[] }} Plot
 */

/** @param {{ results: Result[], slowReaders: import('./slow-readers.mjs').SlowReaders[] }} summary */
export async function writePlots({ results, slowReaders }) {
  const bySize = results
    .filter(({ rows, name }) => 'limit' in rows && !name.startsWith('304'))
    .sort((a, b) => a.size - b.size);
  /** @param {(result: Result, name: string) => number} toValue */
  const toPoints = (toValue) =>
    bySize.flatMap((result) =>
      Object.keys(result.rows).map((series) => ({
        series,
        x: formatSize(result.size),
        y: toValue(result, series),
      })),
    );
  const rateOf = (/** @type {Result} */ { rows }, /** @type {string} */ name) =>
    rows[name]?.requestsPerSecond ?? 0;

  await writePlot({
    file: 'throughput.svg',
    title: 'Throughput by file size',
    xTitle: 'size of the file',
    yTitle: 'MB per second',
    isLogarithmic: true,
    points: toPoints((result, name) => (rateOf(result, name) * result.size) / 1e6),
  });
  await writePlot({
    file: 'share-of-limit.svg',
    title: 'Throughput compared with the same bytes from memory',
    xTitle: 'size of the file',
    yTitle: 'share of the limit',
    points: toPoints((result, name) => rateOf(result, name) / (rateOf(result, 'limit') || 1)),
  });
  await writePlot({
    file: 'memory.svg',
    title: 'Memory for clients that read 64 KB per second',
    xTitle: 'clients',
    yTitle: 'MB',
    points: slowReaders.map(({ name, connections, bytesPerConnection }) => ({
      series: name,
      x: String(connections),
      y: (connections * bytesPerConnection) / 2 ** 20,
    })),
  });
}

/** @param {Plot} plot */
async function writePlot({ file, title, xTitle, yTitle, isLogarithmic = false, points }) {
  const series = Object.keys(COLOURS).filter((name) => points.some((each) => each.series === name));
  const isOurs = "datum.series === 'xsendfile'";
  /** @type {import('vega-lite').TopLevelSpec} */
  const spec = {
    width: 480,
    height: 260,
    padding: 16,
    title: { text: title, anchor: 'start', offset: 12 },
    data: { values: points },
    mark: { type: 'line', point: { size: 36, filled: true }, clip: false },
    encoding: {
      x: {
        field: 'x',
        type: 'ordinal',
        sort: null,
        axis: { title: xTitle, labelAngle: 0, grid: false },
        scale: { padding: 0.2 },
      },
      y: {
        field: 'y',
        type: 'quantitative',
        scale: isLogarithmic ? { type: 'log', nice: false, domainMin: 5 } : { zero: true },
        axis: {
          title: yTitle,
          ...(isLogarithmic ? { values: [10, 100, 1000] } : { tickCount: 6 }),
        },
      },
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: series, range: series.map((name) => Reflect.get(COLOURS, name)) },
        legend: {
          title: null,
          symbolType: 'stroke',
          symbolStrokeWidth: 3,
          labelLimit: 0,
          labelExpr: "datum.label === 'limit' ? 'limit: from memory' : datum.label",
        },
      },
      strokeWidth: { condition: { test: isOurs, value: 3.5 }, value: 1.5 },
      strokeDash: { condition: { test: "datum.series === 'limit'", value: [5, 4] }, value: [1, 0] },
    },
    config: {
      background: 'transparent',
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      title: { color: 'currentColor', fontSize: 15, fontWeight: 600 },
      axis: {
        labelColor: 'currentColor',
        titleColor: 'currentColor',
        titleFontWeight: 400,
        titlePadding: 8,
        labelFontSize: 12,
        titleFontSize: 12,
        domainColor: 'currentColor',
        tickColor: 'currentColor',
        gridColor: 'currentColor',
        gridOpacity: 0.15,
        domainOpacity: 0.5,
        tickOpacity: 0.5,
      },
      legend: { labelColor: 'currentColor', labelFontSize: 12, rowPadding: 6, offset: 20 },
    },
  };
  const svg = await new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
  const labelled = svg.replace(/^(<svg[^>]*)>/, `$1 role="img"><title>${title}</title>${STYLE}`);
  writeFileSync(new URL(file, IMAGES), `${labelled}\n`);
}

/** @param {number} size */
function formatSize(size) {
  return size >= 2 ** 20 ? `${Math.round(size / 2 ** 20)} MB` : `${Math.round(size / 1024)} KB`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await writePlots(JSON.parse(readFileSync(fileURLToPath(RESULTS), 'utf8')));
}
