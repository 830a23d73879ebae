import type { Exchange } from '../../shared/views.js';
import { Watch } from '../watch.js';
import { abortResponse, onceOver } from './connection.js';

/** The connection of a response of Node. */
export class NodeConnection extends Watch {
  constructor(exchange: Exchange, idleTimeoutMs: number) {
    const { res } = exchange;
    super(idleTimeoutMs, () => abortResponse(res));
    const onDrain = (): void => {
      this.refresh();
      this.wake();
    };
    res.on('drain', onDrain);
    onceOver(exchange, (isComplete) => {
      res.off('drain', onDrain);
      this.settle(isComplete);
    });
  }

  /** Takes the result of write(); resolves when more can be written, or the exchange is over. */
  async accepted(isRoomLeft: boolean): Promise<void> {
    if (isRoomLeft) this.refresh();
    else if (!this.isOver()) await this.woken();
  }
}
