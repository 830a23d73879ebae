/** Shows how long a link is still valid, and reloads the page when it has expired. */
export function showCountdown(time) {
  const expires = new Date(time.dateTime);
  const secondsLeft = () => Math.ceil((expires - Date.now()) / 1000);
  // The clock here is wrong: the server has shown the link as valid.
  if (secondsLeft() < 0) return;

  const timer = setInterval(() => {
    if (secondsLeft() >= 0) return show();
    clearInterval(timer);
    location.reload();
  }, 1000);
  show();

  function show() {
    const seconds = secondsLeft();
    const days = Math.floor(seconds / 86400);
    const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
    const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
    time.textContent = days > 0 ? `${days} d ${clock}` : clock;
  }
}
