import { describe } from '@jest/globals';
import { twoNodes } from './support/two-nodes.js';

describe('two nodes on one PostgreSQL, without Redis', () => twoNodes(() => ({})));
