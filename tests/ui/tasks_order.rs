use sse_load::prelude::*;

#[sse_user(tasks = in_ordr)]
impl Misspelt {
    #[task]
    async fn ask(_ctx: &mut Context) {}
}

#[sse_user(tasks = "in_order")]
impl Quoted {
    #[task]
    async fn ask(_ctx: &mut Context) {}
}

#[sse_user(tasks = sequential)]
impl OfAnotherTool {
    #[task]
    async fn ask(_ctx: &mut Context) {}
}

#[sse_user(tasks = load::in_order())]
impl Called {
    #[task]
    async fn ask(_ctx: &mut Context) {}
}

#[sse_user(tasks)]
impl WithoutValue {
    #[task]
    async fn ask(_ctx: &mut Context) {}
}

#[sse_user]
impl OnATask {
    #[task(tasks = in_order)]
    async fn ask(_ctx: &mut Context) {}
}

fn main() {}
