/**
 * `it` where tests can run. Elsewhere they are skipped, and their titles, which the reporter lists, say
 * what they need.
 */
export function itNeeds(need: string, isMet: boolean): Pick<jest.It, 'each'> & jest.It {
  if (isMet) return it;
  const titleOf = (title: string): string => `${title} (needs ${need})`;
  const skip = (title: string, ...rest: []): void => it.skip(titleOf(title), ...rest);
  const each =
    (...table: [readonly unknown[]]) =>
    (title: string, test: jest.EmptyFunction) =>
      it.skip.each(...table)(titleOf(title), test);
  return Object.assign(skip, { each }) as unknown as jest.It;
}

export const itOnPosix = itNeeds('a POSIX system', process.platform !== 'win32');

export const itOnLinux = itNeeds('Linux', process.platform === 'linux');

export const itAsRoot = itNeeds('root', process.getuid?.() === 0);
