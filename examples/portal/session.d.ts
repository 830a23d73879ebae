import 'express-session';

declare module 'express-session' {
  interface SessionData {
    /** Name of the user who is logged in. */
    user: string;
  }
}
