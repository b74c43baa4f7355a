import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Changes } from '../../core/access/changes.js';
import { ProjectLinks } from '../../core/project/project-links.js';

/** How long after its end a link's guests may still be there, in milliseconds. */
const LOOK_MS = 5000;

/** Takes from guests what their link gave them, when it has come to its end. Every node looks; who is first does it. */
@Injectable()
export class EndedLinks implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly links: ProjectLinks,
    private readonly changes: Changes,
    private readonly log: PinoLogger,
  ) {
    log.setContext('guests');
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.look().finally(() => {
        this.running = undefined;
      });
    }, LOOK_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  async look(): Promise<void> {
    try {
      for (const written of await this.links.endExpired()) this.changes.publish(written);
    } catch (error) {
      this.log.warn({ err: error }, 'Links for guests that have ended stay until the next look');
    }
  }
}
