//! Receives everything that is sent to it: `receive 127.0.0.1:5070 FOLDER [HOW MANY]`, without any server.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::env;
use std::error::Error;

use simple_im_client::{Account, Client, ReceptionEvent, Sink};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: receive ADDRESS:PORT FOLDER [HOW MANY]";
    let mut args = env::args().skip(1);
    let listen = args.next().ok_or(usage)?.parse()?;
    let sink = Sink::dir(args.next().ok_or(usage)?);
    let count: usize = args.next().map_or(Ok(usize::MAX), |count| count.parse())?;

    let bob = Client::builder(Account::new("sip:bob@localhost".parse()?)).listen(listen).start().await?;
    let mut incoming = bob.incoming();
    println!("listening on {}", bob.sip_address());
    for _ in 0..count {
        let Some(offer) = incoming.next().await else { break };
        println!("{} items from {}", offer.items().len(), offer.from().uri);
        let mut reception = offer.accept_all(sink.clone()).await?;
        while let Some(event) = reception.next().await {
            match event {
                ReceptionEvent::Received(received) => println!("{received:?}"),
                ReceptionEvent::Failed { item, error } => println!("item {item}: {error}"),
                ReceptionEvent::Closed { error: Some(error) } => println!("{error}"),
                _ => {}
            }
        }
    }
    bob.shutdown().await;
    Ok(())
}
