import { hasProcFd } from '../../lib/sources/directory/descriptor.js';

/** The suites about containment as on macOS and Windows, where the kernel does not tell which file is open. */

jest.mock('../../lib/sources/directory/descriptor.js', () => ({
  ...jest.requireActual('../../lib/sources/directory/descriptor.js'),
  hasProcFd: () => false,
}));

import './containment.test.js';
import './dotfiles.test.js';
import './names.test.js';
import './special-files.test.js';
import './spellings.test.js';
import './symlinks.test.js';
import './targets.test.js';
import '../pipeline/within.test.js';

it('none of them asks the kernel', () => expect(hasProcFd()).toBe(false));
