// What the site consists of: its sidebar and llms.txt are read from the indexes among the documents.
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

const root = new URL('..', import.meta.url);

/** Where the site is published. */
export const ORIGIN = 'https://xsendfile.github.io';
export const BASE = '/xsendfile/';

/** The pages of the site, as paths in the repository. */
export const PAGES = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(new URL('docs', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
];

export const { description } = JSON.parse(read('package.json'));

/**
 * @typedef {object} Page
 * @property {string} path - in the repository.
 * @property {string} title
 * @property {string} about - what the index says about it; may be empty.
 */

/** @typedef {{ readonly title: string, readonly pages: readonly Page[] }} Section */

/**
 * The file that the site makes of a document.
 *
 * @param {string} path - in the repository.
 */
export function rewrite(path) {
  return path.replace(/README\.md$/, 'index.md');
}

/**
 * The path of a page below the base of the site.
 *
 * @param {string} path - in the repository.
 */
export function urlOf(path) {
  return `/${rewrite(path).replace(/(?:index)?\.md$/, '')}`;
}

/**
 * The headings of an index, and the pages that it lists below each of them. A page that is listed twice counts the
 * first time.
 *
 * @param {string} index - its path in the repository.
 * @returns {Section[]}
 */
export function readSections(index) {
  const seen = new Set([index]);
  return read(index)
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.split('\n');
      const pages = lines.flatMap((line) => readPages(line, posix.dirname(index)));
      const added = pages.filter(({ path }) => !seen.has(path) && seen.add(path));
      return { title: toText(title), pages: added };
    })
    .filter(({ pages }) => pages.length > 0);
}

/**
 * The pages that a line links to, with the rest of the line: a cell of a table, or the words after the link.
 *
 * @param {string} line
 * @param {string} directory
 * @returns {Page[]}
 */
function readPages(line, directory) {
  const link = /\[([^\]]+)\]\(([^)#\s]+\.md)\)/g;
  const about = toText(line.replace(link, '').replace(/^[\s|:–-]+|[\s|]+$/g, ''));
  return [...line.matchAll(link)]
    .map(([, title = '', target = '']) => ({
      path: posix.join(directory, target),
      title: toText(title),
      about,
    }))
    .filter(({ path }) => PAGES.includes(path));
}

/**
 * An index for programs that read the documents, as https://llmstxt.org describes it.
 *
 * @param {readonly Section[]} sections
 */
export function formatLlms(sections) {
  const lists = sections.map(({ title, pages }) => {
    const items = pages.map(
      ({ path, title, about }) =>
        `- [${title}](${ORIGIN}${BASE}${path})${about === '' ? '' : `: ${about}`}\n`,
    );
    return `\n## ${title}\n\n${items.join('')}`;
  });
  return `# xsendfile\n\n> ${description}\n${lists.join('')}`;
}

/** @param {string} markdown */
function toText(markdown) {
  return markdown.replace(/[`*]|\]\([^)]*\)|\[/g, '').trim();
}

/** @param {string} path */
function read(path) {
  return readFileSync(new URL(path, root), 'utf8');
}
