import { nginx } from './nginx-config.js';
import { describeFrontEnd } from './suite.js';

describeFrontEnd(nginx);
