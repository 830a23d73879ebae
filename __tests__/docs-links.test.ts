import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Links and pictures of every document. */

const repository = join(__dirname, '..');
const documents = [
  ...readdirSync(repository).filter((name) => name.endsWith('.md')),
  'examples/README.md',
  'examples/portal/README.md',
  ...readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

function read(document: string): string {
  return readFileSync(join(repository, document), 'utf8');
}

/** What links may name in a document: its headings, as GitHub spells them, and its own anchors. */
function anchorsOf(document: string): Set<string> {
  const text = read(document).replace(/^```.*?^```/gms, '');
  const counts = new Map<string, number>();
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .replace(/\\(?=[^\w\s])|[`*]|\]\(.*?\)/g, '')
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  const own = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  return new Set([...headings, ...own]);
}

/** Links and pictures that are neither code nor on another site. */
function linksOf(document: string): string[] {
  const text = read(document)
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)"/g)];
  return targets.map(([, link, attribute]) => link ?? attribute ?? '');
}

describe('the documentation', () => {
  it('has each page in docs/index.md, once', () => {
    const pages = documents
      .map((name) => name.replace(/^docs\//, ''))
      .filter((name) => /^(?!index|api\/\w+\.md|[A-Z]|examples).*\.md$/.test(name));
    const listed = linksOf('docs/index.md').filter((name) => name !== 'api/README.md');
    expect(listed.sort()).toEqual(pages.sort());
  });

  it.each(documents)('has no broken link in %s', (document) => {
    const broken = linksOf(document)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const path = file === '' ? document : join(dirname(document), file);
        if (!existsSync(join(repository, path))) return true;
        return anchor !== undefined && !anchorsOf(path).has(anchor);
      });
    expect(broken).toEqual([]);
  });

  it.each(['CONTRIBUTING.md', 'docs/architecture.md'])(
    'names only files and folders of the repository that exist in %s',
    (document) => {
      const existing = ['lib', '__tests__', 'scripts', 'docs', 'examples'].flatMap((folder) =>
        readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).map(
          (name) => `/${folder}/${name}`,
        ),
      );
      const text = read(document).replace(/^```.*?^```/gms, '');
      const named = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)*(?:\.\w+|\/))`/g)].map(
        ([, name = '']) => name,
      );
      const paths = named.filter((name) => /\/$|\.(?:[mc]?[jt]s|json|md)$/.test(name));
      expect(paths.length).toBeGreaterThan(10);
      const missing = paths.filter((name) => {
        const end = `/${name.replace(/\/$/, '')}`;
        return !existsSync(join(repository, name)) && !existing.some((each) => each.endsWith(end));
      });
      expect(missing).toEqual([]);
    },
  );

  it('shows only pictures that are in the package, or linked absolutely', () => {
    for (const document of ['README.md', ...documents.filter((name) => name.startsWith('docs/'))]) {
      const pictures = linksOf(document).filter((target) => /\.(?:png|svg)$/.test(target));
      const elsewhere = pictures.filter(
        (target) =>
          !target.startsWith('https://raw.githubusercontent.com/') &&
          !join(dirname(document), target).startsWith('docs/'),
      );
      expect([document, elsewhere]).toEqual([document, []]);
    }
  });
});
