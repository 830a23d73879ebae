import { lighttpd } from './lighttpd-config.js';
import { describeFrontEnd } from './suite.js';

describeFrontEnd(lighttpd);
