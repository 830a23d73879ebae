import { describeMistakes } from './describe-mistakes.js';

describeMistakes('h2o');
