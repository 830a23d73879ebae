// The site shows README.md and docs/ as they are, and loads nothing from elsewhere. `npm run docs:site` builds it.
import { cpSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import {
  BASE,
  description,
  formatLlms,
  ORIGIN,
  PAGES,
  readSections,
  rewrite,
  urlOf,
} from '../contents.mjs';

const GITHUB = 'https://github.com/xsendfile/xsendfile';
const repository = fileURLToPath(new URL('../..', import.meta.url));
const sections = readSections('docs/index.md');
const reference = readSections('docs/api/README.md');

export default defineConfig({
  title: 'xsendfile',
  description,
  lang: 'en',
  base: BASE,
  srcDir: '..',
  srcExclude: ['!(README|CHANGELOG).md', '!(docs)/**/*.md'],
  rewrites: Object.fromEntries(PAGES.map((path) => [path, rewrite(path)])),
  cleanUrls: true,
  sitemap: { hostname: `${ORIGIN}${BASE}` },
  // Without it, browsers ask the host for one.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    anchor: { slugify: slugOnGithub },
    config(md) {
      md.core.ruler.push('links', ({ tokens, env }) => {
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          if (token.type !== 'link_open') continue;
          token.attrSet('href', translateLink(token.attrGet('href') ?? '', env.relativePath));
        }
      });
    },
  },
  transformPageData(page) {
    // It is generated from the docstrings.
    if (page.filePath.startsWith('docs/api/')) page.frontmatter.editLink = false;
  },
  themeConfig: {
    nav: [
      { text: 'Documents', link: urlOf('docs/index.md') },
      { text: 'API', link: urlOf('docs/api/README.md') },
      { text: 'Changes', link: urlOf('CHANGELOG.md') },
    ],
    sidebar: {
      '/docs/api/': toSidebar(reference),
      '/': toSidebar(sections),
    },
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          // Explanations before lists of all properties and changes.
          searchOptions: { boostDocument: (id) => (/\/docs\/api\/|CHANGELOG/.test(id) ? 0.3 : 1) },
        },
      },
    },
    editLink: { pattern: `${GITHUB}/edit/main/:path`, text: 'Edit this page' },
    socialLinks: [{ icon: 'github', link: GITHUB }],
  },
  buildEnd({ outDir }) {
    const all = [...sections, ...reference.map(({ pages }) => ({ title: 'API reference', pages }))];
    writeFileSync(join(outDir, 'llms.txt'), formatLlms(all));
    for (const path of PAGES) cpSync(join(repository, path), join(outDir, path));
  },
});

/**
 * The anchor of a heading, as on GitHub: links in the documents work on both.
 *
 * @param {string} heading
 */
function slugOnGithub(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * Links to pages lead to pages of the site, and other relative links to the repository.
 *
 * @param {string} href
 * @param {string} page - that has the link.
 */
function translateLink(href, page) {
  const [target = '', hash = ''] = href.split(/(#.*)/s);
  if (target === '' || /^(?:[a-z]+:|\/)/i.test(target)) return href;
  const path = posix.join(posix.dirname(page), target);
  if (PAGES.includes(path)) return rewrite(target) + hash;
  const kind = statSync(join(repository, path)).isDirectory() ? 'tree' : 'blob';
  return `${GITHUB}/${kind}/main/${path}${hash}`;
}

/** @param {readonly import('../contents.mjs').Section[]} list */
function toSidebar(list) {
  return list.map(({ title, pages }) => ({
    text: title,
    collapsed: false,
    items: pages.map((page) => ({ text: page.title, link: urlOf(page.path) })),
  }));
}
