// A negative control: the built server without anything by which it would hear of other nodes, neither the bus nor its look
// at the log.
import { NotifyNodeBus } from '../../../dist/adapters/postgres/notify/notify-node-bus.js';
import { HeadWatch } from '../../../dist/features/documents/head-watch.js';

NotifyNodeBus.prototype.publish = () => undefined;
HeadWatch.prototype.look = async () => undefined;

await import('../../../dist/main.js');
