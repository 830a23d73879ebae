import 'express-session';

declare module 'express-session' {
  interface SessionData {
    /** Name of the logged-in user. */
    user: string;
    /** What the next page reports. */
    notice: { isError: boolean; text: string };
  }
}
