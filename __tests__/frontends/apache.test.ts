import { apache } from './apache-config.js';
import { describeFrontEnd } from './suite.js';

describeFrontEnd(apache);
