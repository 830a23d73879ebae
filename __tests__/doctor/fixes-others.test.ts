import { describeFixes } from './describe-fixes.js';

for (const name of ['lighttpd', 'caddy', 'h2o'] as const) describeFixes(name);
