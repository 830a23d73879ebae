/** Keys whose URL or signature changes if anything on the way decodes or encodes it again. */
export const DIFFICULT_KEYS: readonly string[] = [
  'with space.txt',
  'a+b.txt',
  '100%.txt',
  '%41%2F.txt',
  'a#b?c&d=e.txt',
  'Übergrößenträger.txt',
  '日本語/ファイル.txt',
  'quotes\'"().txt',
  'semi;colon,comma.txt',
  '$variable $1 {x}.txt',
  'a:b@c!d*e~f.txt',
  '[brackets]{braces}|pipe.txt',
  `${'ü'.repeat(100)}/${'ö'.repeat(100)}/${'x'.repeat(200)}/${'é'.repeat(60)}/${'y'.repeat(170)}.txt`,
];
