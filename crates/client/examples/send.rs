//! Sends files: `send sip:bob@127.0.0.1:5070 FILE..`, peer to peer.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::env;
use std::error::Error;

use simple_im_client::{Account, Client, Message, Outgoing, To};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let to = To::one(args.next().ok_or("usage: send URI FILE..")?.parse()?);

    let alice = Client::builder(Account::new("sip:alice@localhost".parse()?)).start().await?;
    let message = Message::new().files(args.map(Outgoing::path));
    let result = match alice.send(to, message).await {
        Ok(mut transfer) => transfer.outcome().await,
        Err(error) => Err(error),
    };
    alice.shutdown().await;
    println!("{:?}", result?.delivery);
    Ok(())
}
