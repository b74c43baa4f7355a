import { TandemError } from '@tandem/protocol';
import { TokenBucket } from '../../../core/limits/token-bucket.js';
import type { Connection } from '../../../platform/sockets/connection.js';
import { type Handlers, SocketFeature } from '../../../platform/sockets/socket-feature.js';
import type { AnalysisDesk } from './analysis-desk.js';

const BURST = 10;
const PER_SECOND = 1;

/** `analysis:start`. */
export class AnalysisSocket extends SocketFeature {
  constructor(private readonly desk: AnalysisDesk) {
    super();
  }

  override connect(connection: Connection): Handlers {
    const bucket = new TokenBucket(BURST, PER_SECOND);
    return {
      'analysis:start': async (body) => {
        const wait = bucket.take(performance.now());
        if (wait > 0) throw new TandemError('rate_limited', undefined, undefined, wait);
        return { runId: await this.desk.ask(connection.userId, body) };
      },
    };
  }
}
