/**
 * Makes popovers modal dialogs: the focus stays in them, Escape closes them, and the focus goes back to the button
 * that has opened them.
 */
export function makeModal(button) {
  const dialog = document.getElementById(button.getAttribute('popovertarget'));
  const closes = button.getAttribute('popovertargetaction') === 'hide';
  button.removeAttribute('popovertarget');
  dialog.removeAttribute('popover');
  button.addEventListener('click', () => {
    if (closes) dialog.close();
    else dialog.showModal();
  });
  if (!closes) dialog.addEventListener('keydown', (event) => keepFocus(dialog, event));
}

/** Otherwise, the browser's own buttons are between the last and the first one of the dialog. */
function keepFocus(dialog, event) {
  if (event.key !== 'Tab') return;
  const fields = [...dialog.querySelectorAll('a, button, input:not([type=hidden])')].filter(
    (field) => field.checkVisibility(),
  );
  const [from, to] = event.shiftKey ? [fields.at(0), fields.at(-1)] : [fields.at(-1), fields.at(0)];
  if (dialog.contains(document.activeElement) && document.activeElement !== from) return;
  event.preventDefault();
  to.focus();
}
