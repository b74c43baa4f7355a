import { describe } from '@jest/globals';
import { changesOnTwoNodes } from './support/changes-on-two-nodes.js';

describe('rights on two nodes, without Redis', () => changesOnTwoNodes(() => ({})));
