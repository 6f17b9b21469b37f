// The box for questions: its keys, changing the last question, where to search, files for this conversation.
Zhida.send = () => {
  const box = $("#zd-question");
  const question = box.value;
  if (!question.trim() || Zhida.running) return;
  const replaced = Zhida.editing && Zhida.turns.includes(Zhida.editing) ? Zhida.editing : null;
  Zhida.stopEditing();
  box.value = "";
  Zhida.grow();
  Zhida.ask(question, replaced);
};

// As high as its text, up to what the style sheet allows.
Zhida.grow = () => {
  const box = $("#zd-question");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
};

Zhida.edit = () => {
  const turn = Zhida.turns.at(-1);
  if (!turn || Zhida.running) return;
  Zhida.editing = turn;
  $(".zd-editing").hidden = false;
  const box = $("#zd-question");
  box.value = turn.question;
  Zhida.grow();
  box.focus();
};

Zhida.stopEditing = () => {
  const was = Zhida.editing;
  Zhida.editing = null;
  $(".zd-editing").hidden = true;
  return Boolean(was);
};

// The collections that are ticked; null where that is all of them, or where there is nothing to pick.
Zhida.picked = () => {
  const boxes = $$(".zd-picker input");
  const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
  return ticked.length === boxes.length ? null : ticked;
};

Zhida.tellPicked = () => {
  const picked = Zhida.picked();
  const label = picked ? Zhida.fill(Zhida.texts.chosen, picked.length) : Zhida.texts.everything;
  $(".zd-picker summary span").textContent = label;
  $(".zd-picker").classList.toggle("narrowed", Boolean(picked));
};

Zhida.fileRow = (name, told, kind) => {
  const row = Zhida.make("li", `zd-file ${kind}`);
  row.append(Zhida.make("span", "zd-file-name", name), Zhida.make("span", "zd-file-state", told));
  $(".zd-files").append(row);
  $(".zd-files").hidden = false;
  return row;
};

Zhida.fileDone = (row, name, told) => {
  row.className = "zd-file done";
  $(".zd-file-state", row).textContent = told;
  const remove = Zhida.make("button", "zd-tool zd-pic");
  remove.dataset.do = "remove-file";
  remove.dataset.name = name;
  remove.setAttribute("aria-label", `${Zhida.texts.remove} ${name}`);
  remove.append(Zhida.make("i", "zd-i zd-i-close"));
  row.append(remove);
};

Zhida.showFiles = (names) => {
  const list = $(".zd-files");
  list.replaceChildren();
  list.hidden = !names.length;
  for (const name of names) Zhida.fileDone(Zhida.fileRow(name, "", "done"), name, "");
};

Zhida.upload = async (files) => {
  if (!files.length) return;
  if (!Zhida.conversation) {
    const begun = await Zhida.call("begin");
    if (!begun) return;
    Zhida.setConversation(begun.conversation);
  }
  const conversation = Zhida.conversation;
  for (const file of files) {
    const row = Zhida.fileRow(file.name, Zhida.texts.uploading, "busy");
    const result = await Zhida.sendFile(file, conversation);
    if (!row.isConnected) continue; // another conversation was opened meanwhile
    const told = result.error || Zhida.texts.uploaded;
    if (result.error) {
      row.className = "zd-file failed";
      $(".zd-file-state", row).textContent = told;
    } else {
      Zhida.fileDone(row, result.name, told);
    }
    Zhida.say(`${file.name}: ${told}`);
  }
};

// {name} of a file that was taken in, or {error}; a long one is asked after until it is done.
Zhida.sendFile = async (file, conversation) => {
  const form = new FormData();
  form.append("files", file, file.name);
  form.append("conversation_id", conversation);
  try {
    const answer = await (await fetch("api/documents", { method: "POST", body: form })).json();
    let upload = (answer.documents || [])[0] || { state: "failed", error: answer.error };
    while (upload.state === "queued" || upload.state === "reading") {
      upload = await (await fetch(`api/documents/uploads/${upload.upload_id}?wait=20`)).json();
      if (!upload.state) return { error: upload.error || Zhida.texts.failed };
    }
    return upload.state === "failed" ? { error: upload.error || Zhida.texts.failed } : { name: upload.name };
  } catch {
    return { error: Zhida.texts.failed };
  }
};

Zhida.removeFile = async (button) => {
  const row = button.closest("li");
  const where = new URLSearchParams({ name: button.dataset.name, conversation_id: Zhida.conversation });
  const answer = await fetch(`api/documents?${where}`, { method: "DELETE" }).catch(() => null);
  if (!answer || !answer.ok) { Zhida.toast(Zhida.texts.failed); return; }
  row.remove();
  $(".zd-files").hidden = !$(".zd-files").children.length;
  $("#zd-question").focus();
};
