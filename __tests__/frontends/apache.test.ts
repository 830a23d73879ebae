import { generated } from './generated.js';
import { describeSeveralHandlers } from './several-handlers.js';
import { describeFrontEnd } from './suite.js';

describeFrontEnd(generated('apache'));
describeSeveralHandlers('apache');
