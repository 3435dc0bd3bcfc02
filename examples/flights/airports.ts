/** Clocks of the airports in the data in 2001: hours from UTC in winter; with `summer`, one hour more from April 1 (to October 28). */
export const CLOCKS: readonly { hours: number; summer: boolean; airports: string }[] = [
  { hours: -10, summer: false, airports: 'HNL ITO KOA LIH OGG' },
  {
    hours: -9,
    summer: true,
    airports: 'ADQ AKN ANC BET BRW CDV DLG DUT FAI GST JNU KTN OME OTZ PSG SCC SIT WRG YAK',
  },
  {
    hours: -8,
    summer: true,
    airports:
      'BFL BUR EUG FAT GEG LAS LAX LGB MFR MRY OAK ONT PDX PSC PSP RNO SAN SBA SBP SEA SFO SJC SMF SNA',
  },
  { hours: -7, summer: false, airports: 'PHX TUS' },
  {
    hours: -7,
    summer: true,
    airports: 'ABQ BIL BOI BZN COS DEN DRO EGE ELP FCA GTF GUC HDN HLN JAC MSO MTJ RAP SLC',
  },
  {
    hours: -6,
    summer: true,
    airports:
      'ABI ACT AMA AUS BHM BIS BMI BNA BPT BRO BTR CID CLL CMI CRP DAL DBQ DFW DLH DSM EVV FAR FSD FSM GFK GGG GPT GRB HOU HRL HSV IAH ICT ILE JAN LAW LBB LFT LIT LNK LRD LSE MAF MCI MDW MEM MFE MKE MLI MLU MOB MOT MSN MSP MSY OKC OMA ORD PIA PNS RST SAT SGF SHV SJT SPS STL SUX TUL TXK TYR VPS XNA',
  },
  { hours: -5, summer: false, airports: 'FWA IND SBN' },
  {
    hours: -5,
    summer: true,
    airports:
      'ABE ACY ALB APF ATL AVL AVP AZO BDL BGM BGR BOS BTV BUF BWI CAE CAK CHA CHS CLE CLT CMH CRW CVG DAB DAY DCA DTW ELM ERI EWR EYW FAY FLL FNT GRR GSO GSP HPN IAD ILM ISP ITH JAX JFK LAN LEX LGA LWB MBS MCO MDT MHT MIA MLB MQT MYR ORF ORH PBI PHL PIT PVD PWM RDU RIC ROA ROC RSW SAV SDF SRQ SWF SYR TLH TOL TPA TRI TVC TYS',
  },
  { hours: -4, summer: false, airports: 'BQN SJU STT STX' },
];

/** When the summer clock began, by the airport's own clock. */
export const SUMMER_2001 = '2001-04-01 02:00:00';
