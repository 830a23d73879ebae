import { describeMistakes } from './describe-mistakes.js';

describeMistakes('caddy');
