import { EventEmitter } from 'node:events';
import { type Change, Changes } from '../../core/access/changes.js';

export class InProcessChanges extends Changes {
  private readonly emitter = new EventEmitter();

  override publish(change: Change): void {
    this.emitter.emit('change', change);
  }

  override subscribe(listener: (change: Change) => void): () => void {
    this.emitter.on('change', listener);
    return () => this.emitter.off('change', listener);
  }
}
