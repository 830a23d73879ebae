/** The file that a guard keeps, below wherever the handler is mounted. */
export const GUARDED = '/admin/secret.txt';

/** Ways to write the path of {@link GUARDED}, of which programs have taken one for another. */
export function spellingsOf(mount: string): readonly string[] {
  const path = mount + GUARDED;
  const spellings = new Set([
    ...encodeEach(path),
    ...changeCases(path),
    ...SEGMENTS.map((spelling) => mount + spelling),
    // the mount path itself in other spellings
    `/${path}`,
    `//${path}`,
    `/.${path}`,
    `/x/..${path}`,
    `/%2e${path}`,
    `/%2f${path.slice(1)}`,
    `/;${path}`,
    `${mount}/${GUARDED}`,
    `${mount}//${GUARDED}`,
    `${mount}/.${GUARDED}`,
    `${mount};${GUARDED}`,
    `${mount}?${GUARDED}`,
    `${mount}#${GUARDED}`,
    `${mount}\\${GUARDED}`,
    `${mount}.${GUARDED}`,
    `${mount}%2F${GUARDED.slice(1)}`,
    `${mount}/x/..${GUARDED}`,
    path.replaceAll('/', '\\'),
    path.replaceAll('/', '//'),
    path.replaceAll('/', '/./'),
    path.replaceAll('/', '%2F'),
    path.replaceAll('/', '%252F'),
    path.replaceAll('/', '%5C'),
    path.replaceAll('/', '%c0%af'),
    path.slice(1),
    ...AUTHORITIES.flatMap((authority) => [authority + path, `${authority}/${path}`]),
    ...AUTHORITIES.map((authority) => authority + path.replaceAll('/', '\\')),
    ...AUTHORITIES.map((authority) => `${authority}?${path}`),
  ]);
  spellings.delete(path);
  return [...spellings];
}

const AUTHORITIES: readonly string[] = [
  'http://h',
  'HTTP://h',
  'http://h:80',
  'http://user:password@h',
  'http://',
  'https://h',
  'ws://h',
  'file://',
  'x://h',
  '//h',
  'h:80',
];

const SEGMENTS: readonly string[] = [
  // slashes and dots
  '//admin/secret.txt',
  '///admin/secret.txt',
  '/admin//secret.txt',
  '/admin/secret.txt/',
  '/admin/secret.txt//',
  '/./admin/secret.txt',
  '/././admin/secret.txt',
  '/admin/./secret.txt',
  '/admin/secret.txt/.',
  '/x/../admin/secret.txt',
  '/public.txt/../admin/secret.txt',
  '/admin/x/../secret.txt',
  '/admin/../admin/secret.txt',
  '/../admin/secret.txt',
  '/.../admin/secret.txt',
  '/admin./secret.txt',
  '/admin../secret.txt',
  '/.admin/secret.txt',
  '/admin/secret.txt.',
  '/admin/secret.txt..',
  '/%2e/admin/secret.txt',
  '/%2E%2E/admin/secret.txt',
  '/x/%2e%2e/admin/secret.txt',
  '/x/.%2e/admin/secret.txt',
  '/x%2f..%2fadmin/secret.txt',
  '/x/..%2fadmin/secret.txt',
  '/x/..;/admin/secret.txt',
  '/..;/admin/secret.txt',
  // parameters
  '/admin;/secret.txt',
  '/admin;a=b/secret.txt',
  '/;/admin/secret.txt',
  '/;a=b/admin/secret.txt',
  '/admin/;/secret.txt',
  '/admin/secret.txt;',
  '/admin/secret.txt;.css',
  '/admin%3b/secret.txt',
  // backslashes
  '\\admin\\secret.txt',
  '/\\admin/secret.txt',
  '/admin\\secret.txt',
  '\\/admin/secret.txt',
  '/admin%5Csecret.txt',
  '/%5cadmin/secret.txt',
  '/admin%5c/secret.txt',
  '/x\\..\\admin/secret.txt',
  '/x%5c..%5cadmin/secret.txt',
  // encoded slashes, encoded twice
  '/admin%2Fsecret.txt',
  '/admin%2fsecret.txt',
  '/%2fadmin/secret.txt',
  '/%2F/admin/secret.txt',
  '/admin%2f/secret.txt',
  '/admin%252fsecret.txt',
  '/%252fadmin/secret.txt',
  '/%252e/admin/secret.txt',
  '/x/%252e%252e/admin/secret.txt',
  '/%2561dmin/secret.txt',
  '/%25%36%31dmin/secret.txt',
  '/%61%64%6d%69%6e/secret.txt',
  '/%61%64%6d%69%6e%2f%73ecret.txt',
  // no UTF-8, or no path
  '/%u0061dmin/secret.txt',
  '/admin%u002fsecret.txt',
  '/admin%c0%afsecret.txt',
  '/%c0%afadmin/secret.txt',
  '/%c1%a1dmin/secret.txt',
  '/%e0%80%afadmin/secret.txt',
  '/%c0%ae/admin/secret.txt',
  '/x/%c0%ae%c0%ae/admin/secret.txt',
  '/%ef%bc%8fadmin/secret.txt',
  '/%ef%bd%81dmin/secret.txt',
  '/admin\xc0\xafsecret.txt',
  '/\xc1\xa1dmin/secret.txt',
  '/\xffadmin/secret.txt',
  '/\xa0admin/secret.txt',
  '/admin\xa0/secret.txt',
  '/admin/secret.txt\x85',
  '/admi\u0131/secret.txt'.replace('\u0131', '\xc4\xb1'),
  '/adm%C4%B1n/secret.txt',
  '/%00/admin/secret.txt',
  '/admin%00/secret.txt',
  '/admin/%00secret.txt',
  '/admin/secret.txt%00',
  '/admin/secret.txt%00.css',
  '/\0admin/secret.txt',
  '/admin/secret.txt\0',
  '/%09admin/secret.txt',
  '/admin%09/secret.txt',
  '/admin/secret.txt%0a',
  '/admin%0d%0a/secret.txt',
  '/%0aadmin/secret.txt',
  '/admin%20/secret.txt',
  '/%20admin/secret.txt',
  '/admin/secret.txt%20',
  '/admin+/secret.txt',
  '/\tadmin/secret.txt',
  '/admin\t/secret.txt',
  '/admin /secret.txt',
  '/ad\rmin/secret.txt',
  '/%ef%bb%bfadmin/secret.txt',
  '/%e2%80%8badmin/secret.txt',
  '/%admin/secret.txt',
  '/%zzadmin/secret.txt',
  // queries and fragments
  '?/admin/secret.txt',
  '/?/admin/secret.txt',
  '/x?/../admin/secret.txt',
  '/?x=/../admin/secret.txt',
  '/public.txt?/admin/secret.txt',
  '/admin?/secret.txt',
  '/%3f/admin/secret.txt',
  '/admin%3f/secret.txt',
  '/admin/secret.txt%3f',
  '/#/admin/secret.txt',
  '/#/../admin/secret.txt',
  '/x#/../admin/secret.txt',
  '/admin#/secret.txt',
  '/%23/admin/secret.txt',
  '/admin/secret.txt%23',
  // what the guard sees as well
  '/admin/secret.txt?',
  '/admin/secret.txt?x=/../../public.txt',
  '/admin/secret.txt#',
  '/admin/secret.txt??raw',
  // characters that a pattern might trip over
  '/:admin/secret.txt',
  '/*/admin/secret.txt',
  '/~/admin/secret.txt',
  '/@/admin/secret.txt',
  '/(admin)/secret.txt',
];

/** Each character of a path percent-encoded, in both cases of hexadecimal digits. */
function encodeEach(path: string): string[] {
  return [...path].flatMap((character, index) => {
    const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
    return [hex, hex.toUpperCase()].map(
      (digits) => `${path.slice(0, index)}%${digits}${path.slice(index + 1)}`,
    );
  });
}

/** Each letter of a path in the other case, and all of them. */
function changeCases(path: string): string[] {
  const each = [...path].map(
    (character, index) => path.slice(0, index) + character.toUpperCase() + path.slice(index + 1),
  );
  return [...each, path.toUpperCase(), path.replace(/[a-z](?=[a-z]*)/g, (c) => c.toUpperCase())];
}
