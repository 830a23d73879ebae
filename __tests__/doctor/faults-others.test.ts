import { describeFaults } from './describe-faults.js';

for (const name of ['lighttpd', 'caddy', 'h2o'] as const) describeFaults(name);
