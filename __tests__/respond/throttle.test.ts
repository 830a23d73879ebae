import { createThrottle } from '../../lib/respond/throttle.js';

/** A connection that waits by setting the clock; `endsAfter` pauses, the exchange is over. */
function clock(endsAfter = Infinity) {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const pauses: number[] = [];
  return {
    pauses,
    advance: (ms: number) => {
      now += ms;
    },
    async pause(ms: number) {
      pauses.push(ms);
      now += ms;
      return pauses.length < endsAfter;
    },
  };
}

const unlimited = (): number => Infinity;

afterEach(() => {
  jest.restoreAllMocks();
});

describe('createThrottle(rate, maxBytes)', () => {
  it('never waits without a rate, and takes the maximum of the moment', async () => {
    const connection = clock();
    let most = 10;
    const throttle = createThrottle(undefined, () => most);
    expect(throttle.chunkBytes).toBe(10);
    most = 20;
    expect(throttle.chunkBytes).toBe(20);
    await throttle.take(1e9, connection);
    expect(connection.pauses).toEqual([]);
  });

  it.each([
    [1000, 50],
    [1, 1],
    [39, 1],
    [59, 2],
  ])('for %d bytes per second, has chunks of %d', (rate, bytes) => {
    expect(createThrottle(rate, unlimited).chunkBytes).toBe(bytes);
  });

  it('has no larger chunks than the maximum', () => {
    let most = 7;
    const throttle = createThrottle(1000, () => most);
    expect(throttle.chunkBytes).toBe(7);
    most = 70;
    expect(throttle.chunkBytes).toBe(50);
  });

  it('takes the first chunk at once, and waits for as long as the next ones need', async () => {
    const connection = clock();
    const throttle = createThrottle(1000, unlimited);
    await throttle.take(50, connection);
    expect(connection.pauses).toEqual([]);
    await throttle.take(50, connection);
    await throttle.take(10, connection);
    expect(connection.pauses).toEqual([50, 10]);
  });

  it('counts the time that has passed anyway', async () => {
    const connection = clock();
    const throttle = createThrottle(1000, unlimited);
    await throttle.take(50, connection);
    connection.advance(20);
    await throttle.take(50, connection);
    expect(connection.pauses).toEqual([30]);
  });

  it('makes up for two chunks at most', async () => {
    const connection = clock();
    const throttle = createThrottle(1000, unlimited);
    connection.advance(60_000);
    await throttle.take(50, connection);
    await throttle.take(50, connection);
    expect(connection.pauses).toEqual([]);
    await throttle.take(50, connection);
    expect(connection.pauses).toEqual([50]);
  });

  it('waits again if a timer was early', async () => {
    const connection = clock();
    const throttle = createThrottle(1000, unlimited);
    await throttle.take(50, connection);
    const pause = jest.spyOn(connection, 'pause').mockImplementationOnce(async () => {
      connection.advance(20);
      return true;
    });
    await throttle.take(50, connection);
    expect(pause.mock.calls).toEqual([[50], [30]]);
  });

  it('stops when the exchange is over', async () => {
    const connection = clock(1);
    const throttle = createThrottle(1000, unlimited);
    await throttle.take(5000, connection);
    expect(connection.pauses).toEqual([4950]);
  });
});
