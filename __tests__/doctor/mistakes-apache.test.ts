import { describeMistakes } from './describe-mistakes.js';

describeMistakes('apache');
