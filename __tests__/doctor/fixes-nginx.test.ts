import { describeFixes } from './describe-fixes.js';

describeFixes('nginx');
