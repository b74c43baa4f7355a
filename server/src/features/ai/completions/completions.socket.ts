import { TandemError } from '@tandem/protocol';
import type { Connection } from '../../../platform/sockets/connection.js';
import { type Handlers, SocketFeature } from '../../../platform/sockets/socket-feature.js';
import type { Seats } from '../seats.js';
import { UserQuotas } from '../user-quotas.js';
import type { CompletionDesk } from './completion-desk.js';
import type { LiveCompletions } from './live-completions.js';

/** Nobody types faster; an editor that asks at every keystroke without a pause is slowed down to this. */
const BURST = 20;
const PER_SECOND = 10;

/** `completion:*`: what editors ask of suggestions. */
export class CompletionsSocket extends SocketFeature {
  private readonly quotas = new UserQuotas(BURST, PER_SECOND);

  constructor(
    private readonly desk: CompletionDesk,
    private readonly live: LiveCompletions,
    private readonly seats: Seats,
  ) {
    super();
  }

  override disconnect(connection: Connection): void {
    this.quotas.leave(connection.userId);
  }

  override connect(connection: Connection): Handlers {
    const { peer } = connection;
    const quota = this.quotas.of(connection.userId);
    return {
      'completion:start': async (body) => {
        const seat = this.seats.of(peer, body.documentId);
        if (!seat) throw new TandemError('not_open');
        const wait = quota.take(performance.now());
        if (wait > 0) throw new TandemError('rate_limited', undefined, undefined, wait);
        return { completionId: await this.desk.start(seat, body, this.seats.others(peer, seat)) };
      },
      'completion:cancel': async ({ completionId }) => {
        await this.desk.cancel(connection.userId, completionId);
        return {};
      },
      'completion:resolve': async (body) => {
        await this.desk.resolve(connection.userId, body);
        return {};
      },
      'completion:resume': async ({ completionId, attempt, index }) => {
        const { userId } = connection;
        const documentId = await this.live.documentOf(completionId);
        if (!documentId || !this.seats.of(peer, documentId)) throw new TandemError('not_found');
        if (!this.live.resume(completionId, attempt, index, userId, peer)) throw new TandemError('not_found');
        return {};
      },
    };
  }
}
