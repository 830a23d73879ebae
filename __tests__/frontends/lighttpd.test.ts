import { generated } from './generated.js';
import { describeFrontEnd } from './suite.js';

describeFrontEnd(generated('lighttpd'));
