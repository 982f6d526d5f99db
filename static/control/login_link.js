// Send the secret behind the # of this page's address, and take it out of the address: history must not keep it.

const form = document.getElementById("login-link-form");
if (form) {
  const [secret, ...more] = location.hash.slice(1).split("&");
  history.replaceState(null, "", location.pathname);
  if (secret) {
    form.elements.secret.value = secret;
    form.elements.next.value = new URLSearchParams(more.join("&")).get("next") ?? "";
    form.submit();
  } else {
    document.getElementById("login-link-wait").hidden = true;
    document.getElementById("login-link-empty").hidden = false;
  }
}
